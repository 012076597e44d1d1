import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { squaredLengths } from "./squared-lengths.js";

describe("squaredLengths", () => {
  beforeAll(() => useEngine());

  it("gives Σ x² of each row, and the gradient 2 x", () => {
    tf.tidy(() => {
      const rows = tf.tensor2d([
        [3, -4],
        [0, 0.5],
      ]);
      expect(squaredLengths(rows).arraySync()).toEqual([[25], [0.25]]);
      const weighted = (x: tf.Tensor) => tf.sum(tf.mul(tf.tensor2d([[1], [3]]), squaredLengths(x as tf.Tensor2D)));
      expect(tf.grad(weighted)(rows).arraySync()).toEqual([
        [6, -8],
        [0, 3],
      ]);
    });
  });
});
