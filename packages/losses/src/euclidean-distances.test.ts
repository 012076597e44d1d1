import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { euclidean } from "../test/plain-math.js";
import { cosineDistances } from "./cosine-distances.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { detach } from "./detach.js";
import { dotProducts } from "./dot-products.js";
import { euclideanDistances } from "./euclidean-distances.js";
import type { PairFunction } from "./pair-function.js";
import { squaredEuclideanDistances } from "./squared-euclidean-distances.js";
import { unitVectors } from "./unit-vectors.js";

const values = (of: PairFunction, a: number[][], c: number[][]) => tf.tidy(() => of(tf.tensor2d(a), tf.tensor2d(c)).arraySync());
const slopes = (of: PairFunction, a: number[][], c: number[][]) =>
  tf.tidy(() =>
    tf
      .grads((x: tf.Tensor, y: tf.Tensor) => tf.sum(of(x as tf.Tensor2D, y as tf.Tensor2D)))([tf.tensor2d(a), tf.tensor2d(c)])
      .map((gradient) => gradient.arraySync()),
  );

const tenths = fc.integer({ min: -30, max: 30 }).map((x) => x / 10);
const matrix = fc.array(fc.tuple(tenths, tenths, tenths), { minLength: 1, maxLength: 5 });

describe("distances and similarities", () => {
  beforeAll(() => useEngine());

  it("are those of plain loops", () => {
    fc.assert(
      fc.property(matrix, matrix, (a, c) => {
        const distance = values(euclideanDistances, a, c);
        const squared = values(squaredEuclideanDistances, a, c);
        const product = values(dotProducts, a, c);
        a.forEach((row, i) => {
          c.forEach((other, j) => {
            expect(distance[i]![j]!).toBeCloseTo(euclidean(row, other), 4);
            expect(squared[i]![j]!).toBeCloseTo(euclidean(row, other) ** 2, 4);
            expect(product[i]![j]!).toBeCloseTo(
              row.reduce((sum, x, k) => sum + x * other[k]!, 0),
              4,
            );
          });
        });
      }),
      { numRuns: 50 },
    );
  });
  it("give equal rows distance 0 with gradient 0, however long the rows", () => {
    for (const length of [1e-3, 1, 5e3]) {
      const rows = [[0.3 * length, 0.9 * length, -0.7 * length]];
      expect(values(euclideanDistances, rows, rows)).toEqual([[0]]);
      expect(slopes(euclideanDistances, rows, rows)).toEqual([[[0, 0, 0]], [[0, 0, 0]]]);
    }
  });
  it("have the slope of a straight line where rows differ", () => {
    // d = 5 from (0, 0) to (3, 4): gradients −(0.6, 0.8) and (0.6, 0.8).
    const [a, c] = slopes(euclideanDistances, [[0, 0]], [[3, 4]]) as number[][][];
    expect(a![0]![0]).toBeCloseTo(-0.6, 6);
    expect(a![0]![1]).toBeCloseTo(-0.8, 6);
    expect(c![0]![1]).toBeCloseTo(0.8, 6);
  });
  it("take the cosine for what it is, and a zero vector for like nothing", () => {
    expect(
      values(
        cosineSimilarities,
        [
          [3, 0],
          [0, 0],
        ],
        [
          [1, 1],
          [-2, 0],
        ],
      ),
    ).toEqual([
      [expect.closeTo(Math.SQRT1_2, 6), -1],
      [0, 0],
    ]);
    expect(
      values(
        cosineDistances,
        [[3, 0]],
        [
          [-2, 0],
          [5, 0],
        ],
      ),
    ).toEqual([[2, 0]]);
    expect(slopes(cosineSimilarities, [[0, 0]], [[1, 1]])).toEqual([[[0, 0]], [[0, 0]]]);
  });
  it("keep the direction of very short and very long vectors", () => {
    for (const length of [1e-8, 1e-4, 5e3, 1e8]) expect(values(cosineSimilarities, [[length, 0]], [[length, 0]])[0]![0]).toBeCloseTo(1, 6);
    expect(tf.tidy(() => unitVectors(tf.tensor2d([[3e-4, 4e-4]])).arraySync())[0]![1]).toBeCloseTo(0.8, 6);
  });
});

describe("detach", () => {
  beforeAll(() => useEngine());

  it("keeps the values and stops the gradient", () => {
    const slope = tf.tidy(() =>
      tf
        .grad((x: tf.Tensor) => tf.mul(x, detach(x)))(tf.tensor1d([3, 5]))
        .arraySync(),
    );
    expect(slope).toEqual([3, 5]); // x · constant x, not x²
  });
  it("survives its source and leaves nothing behind", () => {
    const before = tf.memory().numTensors;
    const kept = tf.tidy(() => detach(tf.mul(tf.scalar(3), 2)));
    expect(kept.dataSync()[0]).toBe(6);
    kept.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
