import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { cosine } from "../test/plain-math.js";
import { pairedCosines } from "./paired-cosines.js";

const first = [
  [3, 0, 1],
  [0, 0, 0],
  [1e-8, 2e-8, 0],
  [2, -1, 0.5],
];
const second = [
  [1, 1, 0],
  [1, 2, 3],
  [-1e4, 0, 2e4],
  [0, 0, 0],
];
const weights = [1, 2, 3e-8, 5];

describe("pairedCosines", () => {
  beforeAll(() => useEngine());

  it("are those of plain loops, and 0 for a zero vector", () => {
    const values = tf.tidy(() => pairedCosines(tf.tensor2d(first), tf.tensor2d(second)).arraySync());
    expect(values).toEqual([expect.closeTo(cosine(first[0]!, second[0]!), 6), 0, expect.closeTo(-1 / 5, 6), 0]);
  });

  it("have the gradient of finite differences, and gradient 0 beside a zero vector", () => {
    const sum = (a: number[][], b: number[][]) => a.reduce((total, row, i) => total + weights[i]! * cosineOr0(row, b[i]!), 0);
    const [ofFirst, ofSecond] = tf.tidy(() =>
      tf
        .grads((a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(tf.tensor1d(weights), pairedCosines(a as tf.Tensor2D, b as tf.Tensor2D))))([
          tf.tensor2d(first),
          tf.tensor2d(second),
        ])
        .map((gradient) => gradient.arraySync() as number[][]),
    );
    const changed = (rows: number[][], i: number, k: number, by: number) => rows.with(i, rows[i]!.with(k, rows[i]![k]! + by));
    for (const i of [0, 2]) {
      for (const k of [0, 1, 2]) {
        const [h, g] = [1e-4 * Math.hypot(...first[i]!), 1e-4 * Math.hypot(...second[i]!)];
        const slope = (sum(changed(first, i, k, h), second) - sum(changed(first, i, k, -h), second)) / (2 * h);
        expect(ofFirst![i]![k]).toBeCloseTo(slope, 4);
        const other = (sum(first, changed(second, i, k, g)) - sum(first, changed(second, i, k, -g))) / (2 * g);
        expect(ofSecond![i]![k]).toBeCloseTo(other, 4);
      }
    }
    for (const i of [1, 3]) for (const number of [...ofFirst![i]!, ...ofSecond![i]!]) expect(number).toBeCloseTo(0, 12);
  });

  it("show a NaN", () => {
    expect(tf.tidy(() => pairedCosines(tf.tensor2d([[Number.NaN, 1]]), tf.tensor2d([[1, 1]])).arraySync())[0]).toBeNaN();
  });
});

const cosineOr0 = (a: readonly number[], b: readonly number[]) => (Math.hypot(...a) * Math.hypot(...b) === 0 ? 0 : cosine(a, b));
