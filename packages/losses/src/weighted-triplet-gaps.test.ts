import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { CandidateBlock } from "./candidate-blocks.js";
import { weightedTripletGaps } from "./weighted-triplet-gaps.js";

const distances = [
  [0.2, 1.1, 0.7, 1.6, 0.4],
  [0.9, 0.3, 1.2, 0.5, 1.8],
  [1.5, 0.6, 0.1, 1, 0.8],
];
const relations = [
  [1, -1, 1, -1, -1],
  [-1, 1, -1, 1, 1],
  [1, 1, -1, -1, 0],
];
const range = { lowest: -2, highest: 2, bins: 8 };

/** Sums of each pair, and the gradient of their weighted sum, with the positives cut into these blocks. */
function run(...blocks: CandidateBlock[][]) {
  let result: number[][][] = [];
  tf.tidy(() => {
    const mask = (wanted: number) => tf.tensor2d(relations.map((row) => row.map((relation) => (relation === wanted ? 1 : 0))));
    const masks = { similar: mask(1), dissimilar: mask(-1), weights: tf.tensor1d([1, 2, 0.5]) };
    const sums = (d: tf.Tensor) =>
      weightedTripletGaps({ toPositives: d as tf.Tensor2D, toNegatives: d as tf.Tensor2D, ...masks }, range, ...blocks);
    const d = tf.tensor2d(distances);
    const gradient = tf.grad((x) => tf.sum(tf.mul(tf.range(1, 6), sums(x))))(d);
    result = [sums(d), gradient].map((tensor) => tensor.arraySync() as number[][]);
  });
  return result;
}

describe("weightedTripletGaps", () => {
  beforeAll(() => useEngine());

  it("does not depend on the blocks", () => {
    const cut = run([
      { start: 0, size: 2 },
      { start: 2, size: 2 },
      { start: 4, size: 1 },
    ]);
    const whole = run();
    expect(cut).toEqual(whole.map((rows) => rows.map((row) => row.map((x) => expect.closeTo(x, 5)))));
    expect(whole[1]!.flat().some((x) => Math.abs(x) > 0.1)).toBe(true);
  });
});
