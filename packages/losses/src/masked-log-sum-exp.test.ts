import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";

/** Value and gradient of the sum of all results. */
function result(values: number[][], mask: number[][], axis?: 0 | 1) {
  return tf.tidy(() => {
    const { value, grad } = tf.valueAndGrad((x) => tf.sum(maskedLogSumExp(x as tf.Tensor2D, tf.tensor2d(mask), axis)))(tf.tensor2d(values));
    return { value: value.dataSync()[0]!, gradient: grad.arraySync() as number[][] };
  });
}

describe("maskedLogSumExp", () => {
  beforeAll(() => useEngine());

  it("sums what the mask lets through", () => {
    // log(e + e²) = 1 + log(1 + e) = 2.3132617; shares 1 / (1 + e) = 0.2689414 and 0.7310586.
    const { value, gradient } = result([[1, 2, 9]], [[1, 1, 0]]);
    expect(value).toBeCloseTo(2.3132617, 6);
    expect(gradient[0]![0]).toBeCloseTo(0.2689414, 6);
    expect(gradient[0]![1]).toBeCloseTo(0.7310586, 6);
    expect(gradient[0]![2]).toBe(0);
    expect(result([[1], [2], [9]], [[1], [1], [0]], 0).value).toBeCloseTo(2.3132617, 6);
  });
  it("counts a value as often as its weight says", () => {
    // log(2e + ½e²) = 1 + log(2 + ½e); shares 2 / (2 + ½e), ½e / (2 + ½e).
    const half = Math.E / 2;
    const { value, gradient } = result([[1, 2, 9]], [[2, 0.5, 0]]);
    expect(value).toBeCloseTo(1 + Math.log(2 + half), 6);
    expect(gradient[0]![0]).toBeCloseTo(2 / (2 + half), 6);
    expect(gradient[0]![1]).toBeCloseTo(half / (2 + half), 6);
    // One value of weight e^−20: 30 − 20, its share 1.
    const light = result([[30]], [[Math.exp(-20)]]);
    expect(light.value).toBeCloseTo(10, 4);
    expect(light.gradient[0]![0]).toBeCloseTo(1, 4);
  });
  it("is exact for values of any size, whatever is left out", () => {
    const { value, gradient } = result([[1e4, 1e4, 1e6]], [[1, 1, 0]]);
    expect(value / 1e4).toBeCloseTo(1 + Math.log(2) / 1e4, 6);
    expect(gradient).toEqual([[expect.closeTo(0.5, 3), expect.closeTo(0.5, 3), 0]]);
    expect(result([[-1e4, 0]], [[1, 0]]).value).toBeCloseTo(-1e4, 3);
  });
  it("is −1e9, with gradient 0, where nothing is let through", () => {
    expect(result([[1, 2]], [[0, 0]])).toEqual({ value: -1e9, gradient: [[0, 0]] });
  });
});
