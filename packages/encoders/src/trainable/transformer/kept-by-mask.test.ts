import "@quaterion/tfjs-backend-onnxruntime";
import "@quaterion/tfjs-backend-onnxruntime/gradients";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { keptByMask } from "./kept-by-mask.js";

describe.each(["cpu", "onnxruntime"])("keptByMask on %s", (backend) => {
  it("scales what stays so that the expected value does, and passes the gradient on where it stayed", async () => {
    await tf.setBackend(backend);
    tf.tidy(() => {
      const x = tf.tensor2d([1, 2, 3, 4, 5, -6], [2, 3]);
      const mask = tf.tensor(Uint8Array.of(1, 0, 1, 1, 0, 1), [2, 3], "bool");
      const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => tf.sum(tf.square(keptByMask(x, mask, 0.75))))(x);
      expect([...keptByMask(x, mask, 0.75).dataSync()]).toEqual([4, 0, 12, 16, 0, -24]);
      expect(value.dataSync()[0]).toBe(16 + 144 + 256 + 576);
      // (4x)² has the gradient 2 · 16 x.
      expect([...grad.dataSync()]).toEqual([32, 0, 96, 128, 0, -192]);
    });
  });
});
