import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { all } from "./all.js";
import { angularMiner } from "./angular-miner.js";
import { euclideanDistances } from "./euclidean-distances.js";
import type { Miner } from "./miner.js";
import { tripletSums } from "./triplet-sums.js";

const points = [
  [0.1, 0.9],
  [1.2, -0.3],
  [-0.7, 0.4],
  [0.5, 0.5],
  [-1.1, -0.8],
];
const relations = points.map((_, i) => points.map((__, j) => (i === j ? 0 : (i + j) % 2 ? 1 : -1)));

/** Sums, counts and the gradient of the weighted sums, with the triplets cut into these blocks. */
function run(miner: Miner, swap: boolean, ...blocks: { start: number; size: number }[][]) {
  let result: number[][][] = [];
  tf.tidy(() => {
    const mask = (wanted: number) => tf.tensor2d(relations.map((row) => row.map((relation) => (relation === wanted ? 1 : 0))));
    const [similar, dissimilar] = [mask(1), mask(-1)];
    const weights = tf.tensor2d(points.map((_, i) => points.map((__, j) => 1 + i + 0.5 * j)));
    const sums = (rows: tf.Tensor2D) => {
      const distances = euclideanDistances(rows, rows);
      const input = {
        toPositives: distances,
        toNegatives: distances,
        similar,
        dissimilar,
        ...(swap && { among: euclideanDistances(rows, rows) }),
        across: distances,
      };
      return tripletSums(input, { margin: 0.7, soft: false, active: true, miner, dim: 2 }, ...blocks);
    };
    const rows = tf.tensor2d(points);
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.mul(weights, sums(x as tf.Tensor2D).sums)))(rows);
    const { sums: ofPairs, counts } = sums(rows);
    result = [ofPairs, counts, gradient].map((tensor) => tensor.arraySync() as number[][]);
  });
  return result;
}

describe("tripletSums", () => {
  beforeAll(() => useEngine());

  it.each([
    ["all", all(), false],
    ["all, swap", all(), true],
    ["a miner of triplets that looks across", angularMiner({ angle: 0.6 }), false],
    ["a miner of triplets that looks across, swap", angularMiner({ angle: 0.6 }), true],
  ] as const)("does not depend on the blocks: %s", (_, miner, swap) => {
    const cut = run(miner, swap, [
      { start: 0, size: 2 },
      { start: 2, size: 2 },
      { start: 4, size: 1 },
    ]);
    const whole = run(miner, swap);
    expect(cut).toEqual(whole.map((rows) => rows.map((row) => row.map((x) => expect.closeTo(x, 5)))));
    expect(whole[1]!.flat().some((count) => count > 0)).toBe(true);
  });
});
