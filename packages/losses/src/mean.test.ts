import type { Reducer } from "@quaterion/core/training";
import { sumOfRatios, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { contrastive } from "./contrastive.js";
import { mean } from "./mean.js";
import { meanOfKinds } from "./mean-of-kinds.js";
import { nonZeroMean } from "./non-zero-mean.js";
import { perAnchor } from "./per-anchor.js";
import { sum } from "./sum.js";

const terms = [
  [1, 2, 0],
  [6, 9, 9],
];
const counted = [
  [1, 1, 1],
  [1, 0, 0],
];
const value = (reducer: Reducer, of: tf.Tensor = tf.tensor(terms), counts: tf.Tensor = tf.tensor(counted), kinds?: tf.Tensor[]) =>
  tf.tidy(() => sumOfRatios(reducer.reduce(of, counts, kinds)).dataSync()[0]!);

describe("reducers", () => {
  beforeAll(() => useEngine());

  it("give the values worked by hand", () => {
    expect(value(mean())).toBe(2.25); // (1 + 2 + 0 + 6) / 4
    expect(value(sum())).toBe(9);
    expect(value(nonZeroMean())).toBe(3); // (1 + 2 + 6) / 3
    expect(value(perAnchor())).toBe(3.5); // (1 + 6 / 1) / 2
  });
  it("reduce kinds apart", () => {
    // Kind 0 counts 1 and 3, kind 1 counts 10 alone: 2 + 10; all in one mean: 14 / 3.
    const ofKinds = tf.tensor([1, 10, 3, 99], [2, 2]);
    const counts = tf.tensor([1, 1, 1, 0], [2, 2]);
    for (const shape of [
      [1, 2],
      [2, 2],
    ]) {
      const kinds = [
        [1, 0, 1, 0],
        [0, 1, 0, 1],
      ].map((mask) => tf.tensor(mask.slice(0, shape[0]! * 2), shape));
      expect(value(meanOfKinds(), ofKinds, counts, kinds)).toBe(12);
      expect(value(meanOfKinds({ each: sum() }), ofKinds, counts, kinds)).toBe(14);
      expect(value(mean(), ofKinds, counts, kinds)).toBeCloseTo(14 / 3, 6);
    }
  });
  it("reduce anchors' means as they are told", () => {
    // Means 0 and 6 of the anchors: across those above 0, 6; their sum, 6.
    const satisfied = tf.tensor([
      [0, 0, 0],
      [6, 9, 9],
    ]);
    expect(value(perAnchor(), satisfied)).toBe(3);
    expect(value(perAnchor({ across: nonZeroMean() }), satisfied)).toBe(6);
    expect(perAnchor({ across: nonZeroMean() }).name).toBe("perAnchor(nonZeroMean)");
    expect(() => perAnchor({ across: 1 as never })).toThrow("`perAnchor.across` must be a reducer");
  });
  it("need whole batches where a reducer inside them does", () => {
    const of = (reducer: Reducer) => contrastive({ reducer }).wholeBatch;
    expect([of(perAnchor()), of(meanOfKinds())]).toEqual([false, false]);
    expect([of(perAnchor({ across: sum() })), of(meanOfKinds({ each: sum() }))]).toEqual([true, true]);
  });
  it("are 0 where nothing counts", () => {
    for (const reducer of [mean(), sum(), nonZeroMean(), perAnchor()]) expect(value(reducer, tf.tensor(terms), tf.zeros([2, 3]))).toBe(0);
  });
  it("leave an anchor without terms out of the mean per anchor", () => {
    expect(
      value(
        perAnchor(),
        tf.tensor(terms),
        tf.tensor([
          [1, 1, 1],
          [0, 0, 0],
        ]),
      ),
    ).toBe(1);
  });
  it("say what a loss without kinds should take instead", () => {
    expect(() => meanOfKinds().reduce(tf.tensor2d([[1, 2]]), tf.tensor2d([[1, 1]]))).toThrow("Use mean()");
    expect(() => meanOfKinds({ each: 3 as never })).toThrow("`meanOfKinds.each` must be a reducer");
    expect(() => meanOfKinds({ eahc: mean() } as object)).toThrow("It has `each`.");
  });
});
