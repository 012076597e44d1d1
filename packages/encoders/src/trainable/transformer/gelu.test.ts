import "@quaterion/tfjs-backend-onnxruntime";
import "@quaterion/tfjs-backend-onnxruntime/gradients";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { gelu } from "./gelu.js";

/** Φ and the normal density, in float64: Φ by Simpson's rule from 0. */
function normal(x: number): { share: number; density: number } {
  const at = (t: number) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  const steps = 2000;
  let sum = at(0) + at(x);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * at((x * i) / steps);
  return { share: 0.5 + (sum * x) / (3 * steps), density: at(x) };
}

describe.each(["onnxruntime", "cpu"])("GELU on %s", (backend) => {
  it("and its gradient are x · Φ(x) and Φ(x) + x · φ(x), far from 0 too", async () => {
    await tf.setBackend(backend);
    const xs = [...Array.from({ length: 121 }, (_, i) => (i - 60) / 10), -15, -30, 15, 30, 1e-20];
    tf.tidy(() => {
      const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => gelu(x))(tf.tensor1d(xs), tf.fill([xs.length], 3));
      const [values, slopes] = [value.dataSync(), grad.dataSync()];
      for (const [i, x] of xs.entries()) {
        const { share, density } = normal(x);
        expect(Math.abs(values[i]! - x * share), `value at ${x}`).toBeLessThan(2e-6);
        expect(Math.abs(slopes[i]! - 3 * (share + x * density)), `gradient at ${x}`).toBeLessThan(3e-6);
      }
    });
  });

  it("keeps a NaN", async () => {
    await tf.setBackend(backend);
    tf.tidy(() => {
      const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => gelu(x))(tf.tensor1d([Number.NaN, 1]), tf.ones([2]));
      expect([value.dataSync()[0], grad.dataSync()[0]]).toEqual([Number.NaN, Number.NaN]);
    });
  });
});
