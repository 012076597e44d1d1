import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { logSumExp } from "./log-sum-exp.js";

beforeAll(() => useEngine());

it("is the soft maximum of a row, with its softmax as gradient, for values of any size", () => {
  tf.tidy(() => {
    // log(e + e²) = 1 + log(1 + e) = 2.3132617; shares 1 / (1 + e) = 0.2689414 and 0.7310586. 1e4 + log 2. −2e4 + log(1 + 0).
    const rows = tf.tensor2d([
      [1, 2],
      [1e4, 1e4],
      [-2e4, -3e4],
    ]);
    const { value, grad } = tf.valueAndGrad((x) => tf.sum(tf.mul(tf.tensor2d([[1], [2], [3]]), logSumExp(x as tf.Tensor2D))))(rows);
    const [small, large, low] = logSumExp(rows).dataSync();
    expect(small).toBeCloseTo(2.3132617, 6);
    expect(large! / 1e4).toBeCloseTo(1 + Math.log(2) / 1e4, 6);
    expect(low).toBe(-2e4);
    expect(value.dataSync()[0]! / 1e4).toBeCloseTo((2.3132617 + 2 * Math.log(2) + 2e4 - 6e4) / 1e4, 4);
    expect(grad.arraySync()).toEqual([
      [expect.closeTo(0.2689414, 6), expect.closeTo(0.7310586, 6)],
      [1, 1],
      [3, 0],
    ]);
  });
});
it("shows a NaN", () => {
  expect(tf.tidy(() => logSumExp(tf.tensor2d([[1, Number.NaN]])).dataSync())[0]).toBeNaN();
});
