import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { CandidateBlock } from "./candidate-blocks.js";
import { softCountsAbove } from "./soft-counts-above.js";

const similarities = [
  [0.9, 0.1, -0.4, 0.3, 0.2],
  [-0.2, 0.8, 0.5, 0.4, -0.9],
];
const set = [
  [1, 0, 1, 1, 0],
  [0, 1, 1, 0, 1],
];

/** Counts above each of the candidates, and the gradient of their weighted sum, with the candidates cut into these blocks. */
function run(...blocks: CandidateBlock[][]) {
  let result: number[][][] = [];
  tf.tidy(() => {
    const counts = (s: tf.Tensor) =>
      softCountsAbove({ of: s as tf.Tensor2D, among: s as tf.Tensor2D }, [tf.tensor2d(set)], 0.5, ...blocks)[0]!;
    const s = tf.tensor2d(similarities);
    const gradient = tf.grad((x) => tf.sum(tf.mul(tf.range(1, 6), counts(x))))(s);
    result = [counts(s), gradient].map((tensor) => tensor.arraySync() as number[][]);
  });
  return result;
}

describe("softCountsAbove", () => {
  beforeAll(() => useEngine());

  it("is Σ σ((s_j − s_i) / temperature) over the set", () => {
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    const expected = similarities.map((row, a) =>
      row.map((own) =>
        expect.closeTo(
          row.reduce((sum, other, j) => sum + set[a]![j]! * sigmoid((other - own) / 0.5), 0),
          5,
        ),
      ),
    );
    expect(run()[0]).toEqual(expected);
  });

  it("does not depend on the blocks", () => {
    const cut = run([
      { start: 0, size: 2 },
      { start: 2, size: 2 },
      { start: 4, size: 1 },
    ]);
    expect(cut).toEqual(run().map((rows) => rows.map((row) => row.map((x) => expect.closeTo(x, 5)))));
  });
});
