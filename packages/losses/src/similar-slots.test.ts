import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { dynamicSoftMargin } from "./dynamic-soft-margin.js";
import { pnp } from "./pnp.js";
import { similarSlots } from "./similar-slots.js";
import { smoothAP } from "./smooth-ap.js";
import { surrogatePrecision } from "./surrogate-precision.js";

const similar = [
  [0, 1, 0, 1, 1],
  [0, 0, 0, 0, 0],
  [1, 0, 0, 0, 0.5],
];
const values = similar.map((row, i) => row.map((_, j) => 10 * i + j + 1));

/** What lies in the slots, and Σ weight · value's gradient where the weight of slot k is k + 1 and counts where it is filled. */
function run(most?: number) {
  let result: { filled: number[][]; taken: number[][]; gradient: number[][] } | undefined;
  tf.tidy(() => {
    const mask = tf.tensor2d(similar);
    const { filled, take } = similarSlots(mask, most);
    const x = tf.tensor2d(values);
    const weights = tf.range(1, filled.shape[1] + 1);
    const sum = (of: tf.Tensor) => tf.sum(tf.mul(weights, tf.mul(filled, take(of as tf.Tensor2D))));
    result = { filled: filled.arraySync(), taken: take(x).arraySync(), gradient: tf.grad(sum)(x).arraySync() as number[][] };
  });
  return result!;
}

describe("losses that go through an anchor's positives", () => {
  it.each([pnp(), smoothAP(), surrogatePrecision(), dynamicSoftMargin({ negatives: "every" })])(
    "$name asks how many there are",
    ({ needs }) => {
      expect(needs).toEqual(["mostSimilar"]);
    },
  );
  it("are not those that take one negative for each", () => {
    expect(dynamicSoftMargin().needs).not.toContain("mostSimilar");
  });
});

describe("similarSlots", () => {
  beforeAll(() => useEngine());

  it("puts what is similar side by side, in order, with its weight", () => {
    const { filled, taken } = run(3);
    expect(filled).toEqual([
      [1, 1, 1],
      [0, 0, 0],
      [1, 0.5, 0],
    ]);
    expect(taken[0]).toEqual([2, 4, 5]);
    expect(taken[2]!.slice(0, 2)).toEqual([21, 25]);
  });

  it("gives the gradient back to where it was taken from", () => {
    expect(run(3).gradient).toEqual([
      [0, 1, 0, 2, 3],
      [0, 0, 0, 0, 0],
      [1, 0, 0, 0, 1], // the second slot's weight 2, of which half counts
    ]);
  });

  it("takes an anchor's only similar candidate, with its weight and gradient, and is NaN where there are two", () => {
    tf.tidy(() => {
      const mask = tf.tensor2d([
        [0, 1, 0],
        [0, 0, 0],
        [0.5, 0, 0],
        [1, 0, 1],
      ]);
      const x = tf.tensor2d([
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
        [10, 11, 12],
      ]);
      const { filled, take } = similarSlots(mask, 1);
      expect(filled.arraySync()).toEqual([[1], [0], [0.5], [2]]);
      expect(take(x).arraySync()).toEqual([[2], [0], [7], [Number.NaN]]);
      const known = tf.tensor2d([[1], [1], [1], [0]]);
      const gradient = tf.grad((of: tf.Tensor) => tf.sum(tf.where(tf.greater(known, 0), take(of as tf.Tensor2D), tf.zeros([4, 1]))))(x);
      expect((gradient.arraySync() as number[][]).slice(0, 3)).toEqual([
        [0, 1, 0],
        [0, 0, 0],
        [1, 0, 0],
      ]);
    });
  });

  it("keeps the order where many tie, whatever order a search for the greatest leaves them in", () => {
    const wide = Array.from({ length: 300 }, (_, j) => (j % 7 === 3 ? 1 : 0));
    const places = wide.flatMap((one, j) => (one ? [j] : []));
    const taken = tf.tidy(() =>
      similarSlots(tf.tensor2d([wide]), 64)
        .take(tf.tensor2d([wide.map((_, j) => j)]))
        .arraySync(),
    );
    expect(taken[0]!.slice(0, places.length)).toEqual(places);
  });

  it("leaves every candidate its place where nobody says how many are similar, or no fewer than all are", () => {
    for (const most of [undefined, 5, 8]) {
      const { filled, taken, gradient } = run(most);
      expect(filled).toEqual(similar);
      expect(taken).toEqual(values);
      expect(gradient).toEqual(similar.map((row) => row.map((weight, j) => weight * (j + 1))));
    }
  });

  it("is NaN for an anchor that has more similar candidates than slots, and for no other", () => {
    const { taken } = run(2);
    expect(taken[0]).toEqual([Number.NaN, Number.NaN]);
    expect(taken[1]!.every(Number.isFinite)).toBe(true);
    expect(taken[2]).toEqual([21, 25]);
  });
});
