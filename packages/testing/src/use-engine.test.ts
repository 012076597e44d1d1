import * as tf from "@tensorflow/tfjs-core";
import { expect, it, vi } from "vitest";
import { useEngine } from "./use-engine.js";

it("makes the plain JavaScript backend ready, with gradients, and prints nothing", async () => {
  const warn = vi.spyOn(console, "warn");
  await useEngine();
  expect(tf.getBackend()).toBe("cpu");
  expect(
    tf
      .grad((x: tf.Tensor) => tf.square(x))(tf.scalar(3))
      .dataSync()[0],
  ).toBe(6);
  expect(warn).not.toHaveBeenCalled();
});
