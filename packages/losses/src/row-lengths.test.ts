import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { rowLengths } from "./row-lengths.js";

describe("rowLengths", () => {
  beforeAll(() => useEngine());
  it("gives lengths and directions, and 0 with gradient 0 for the zero vector", () => {
    tf.tidy(() => {
      const rows = tf.tensor2d([
        [3, 4],
        [0, 0],
        [3e-5, -4e-5],
      ]);
      const { value, grad } = tf.valueAndGrad((x) => tf.sum<tf.Scalar>(rowLengths(x as tf.Tensor2D)))(rows);
      const lengths = rowLengths(rows);
      expect(lengths.shape).toEqual([3, 1]);
      [5, 0, 5e-5].forEach((expected, i) => {
        expect(lengths.dataSync()[i]).toBeCloseTo(expected, 9);
      });
      expect(value.dataSync()[0]).toBeCloseTo(5.00005, 5);
      [0.6, 0.8, 0, 0, 0.6, -0.8].forEach((expected, i) => {
        expect(grad.dataSync()[i]).toBeCloseTo(expected, 5);
      });
    });
  });
});
