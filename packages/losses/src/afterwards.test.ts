import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { afterwards } from "./afterwards.js";

describe("afterwards", () => {
  beforeAll(() => useEngine());

  it("changes nothing, whatever the numbers that were waited for", () => {
    for (const first of [0, -3, 1e30, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const values = tf.tidy(() => afterwards(tf.tensor2d([[1, -2]]), tf.tensor1d([first, 5]), tf.scalar(7)).arraySync());
      expect(values).toEqual([[1, -2]]);
    }
  });

  it("lets a NaN through", () => {
    expect(tf.tidy(() => afterwards(tf.tensor1d([1]), tf.tensor1d([Number.NaN])).arraySync())).toEqual([Number.NaN]);
  });
});
