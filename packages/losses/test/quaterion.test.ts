import type { ClassLoss } from "@quaterion/core/training";
import { lossValue, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { type ClassPrototypes, center, softmax } from "../src/index.js";

// Quaterion (Python, commit db4f455) on this batch; its kernel has a row for each dimension, ours for each class.
const embeddings = [
  [-0.82, 0.4, 0.9, -1.39],
  [-0.17, 0.29, -0.64, -0.89],
  [0.93, -0.54, -1.16, -0.46],
  [0.71, 1.01, 0.23, 1.09],
  [-1.58, -0.32, 1.93, -0.33],
  [0.2, 0.78, 1.04, -0.72],
  [-0.21, -0.22, -1.82, -0.35],
  [-2.06, 0.67, -1.32, -1.36],
];
const classes = [0, 1, 2, 0, 1, 2, 0, 3];
const kernel = [
  [-2.26, 0.4, 0.57, 0.31],
  [-0.13, -0.96, 1.75, 0.98],
  [-0.4, -0.17, 0.76, 0.99],
  [-0.83, 0.16, 0.5, 1.42],
];

// biome-ignore format: one row of the gradient a line
const golden = {
  softmax: {
    loss: 58.1304474,
    gradient: [
      0, 0, 0, 0,
      -6.6500001, 2.0749998, -0.575, -2.4749999,
      -0.425, -6.7749996, -2.325, -0.85,
      6.5119529, 3.0325136, 3.3980803, 5.3173213,
      -6.6500001, 2.0749998, -0.575, -2.4749999,
      0, 0, 0, 0,
      0, 0, 0, 0,
      -6.4250002, -2.7750001, -3.4749999, -5.625,
    ],
  },
  center: {
    loss: 0.6618721,
    gradient: [
      0.0275159, 0.0069484, 0.0174107, -0.0029598,
      -0.0095626, 0.0238797, 0.0096749, 0.0026504,
      -0.0207369, -0.0274353, -0.0020389, -0.0045764,
      0.0292858, -0.0163137, 0.0032457, -0.0046446,
      -0.0027928, 0.012261, -0.0005142, -0.0015253,
      -0.0083395, -0.0226665, 0.0025675, -0.0231633,
      0.0360964, 0.0005839, -0.0064082, 0.011298,
      0.0053274, -0.0134674, -0.0051783, -0.0096781,
    ],
  },
};

function held(loss: ClassLoss<ClassPrototypes>, { loss: value, gradient }: (typeof golden)["center"], factor = 1) {
  tf.tidy(() => {
    const prototypes = tf.transpose(tf.tensor2d(kernel));
    const { value: ours, grad } = tf.valueAndGrad((rows) =>
      lossValue(loss, { embeddings: rows as tf.Tensor2D, classes: tf.tensor1d(classes, "int32") }, { prototypes }),
    )(tf.tensor2d(embeddings));
    expect(Math.abs(ours.dataSync()[0]! * factor - value)).toBeLessThan(1e-5 * value);
    const largest = Math.max(...gradient.map(Math.abs));
    grad.dataSync().forEach((entry, i) => {
      expect(Math.abs(entry * factor - gradient[i]!)).toBeLessThan(1e-5 * largest + 1e-7);
    });
  });
}

describe("equals Quaterion, value and gradient", () => {
  beforeAll(() => useEngine());
  it("softmax", () => held(softmax({ temperature: 0.05 }) as ClassLoss<ClassPrototypes>, golden.softmax));
  // Quaterion's is λ = 0.5 times the mean of (x̂ − c)² over rows and dimensions; ours is half the sum over dimensions, the mean over rows.
  it("center", () => held(center({ normalize: true }), golden.center, (2 * 0.5) / 4));
});
