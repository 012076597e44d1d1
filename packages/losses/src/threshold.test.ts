import { relationLossLaws, sumOfRatios, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { contrastive } from "./contrastive.js";
import { type ThresholdOptions, threshold } from "./threshold.js";

const value = (options: ThresholdOptions, terms: number[], counted = terms.map(() => 1)) =>
  tf.tidy(() => sumOfRatios(threshold(options).reduce(tf.tensor1d(terms), tf.tensor1d(counted))).dataSync()[0]!);

describe("contrastive with threshold", () => {
  for (const law of relationLossLaws(contrastive({ reducer: threshold({ low: 0.01, high: 2 }) }))) it(law.title, law.run);
});

describe("threshold", () => {
  beforeAll(() => useEngine());

  it("takes the mean of the terms between its borders, which are excluded", () => {
    const terms = [0, 1, 2, 3, 4];
    expect(value({ low: 1 }, terms)).toBe(3); // (2 + 3 + 4) / 3
    expect(value({ high: 3 }, terms)).toBe(1); // (0 + 1 + 2) / 3
    expect(value({ low: 0, high: 3 }, terms)).toBe(1.5); // (1 + 2) / 2
    expect(value({ low: 0, high: 3 }, terms, [1, 3, 1, 1, 1])).toBe(1.25); // (3 · 1 + 2) / 4: a weight counts
    expect(value({ low: 1, high: 2 }, terms)).toBe(0);
  });
  it("gives a gradient to the terms between alone", () => {
    const slope = tf.tidy(() =>
      tf
        .grad((terms: tf.Tensor) => sumOfRatios(threshold({ low: 0, high: 3 }).reduce(terms, tf.ones([4]))))(tf.tensor1d([0, 1, 2, 3]))
        .arraySync(),
    );
    expect(slope).toEqual([0, 0.5, 0.5, 0]);
  });
  it("shows a NaN", () => {
    expect(value({ low: 0, high: 3 }, [1, Number.NaN])).toBeNaN();
  });
  it("tells its borders in its name", () => {
    expect([threshold({ low: 0.3 }), threshold({ low: 0, high: 2 })].map(({ name }) => name)).toEqual([
      "threshold(low 0.3)",
      "threshold(low 0, high 2)",
    ]);
  });
  it("says which border is wrong", () => {
    expect(() => threshold({})).toThrow("`threshold` needs `low`, `high` or both");
    expect(() => threshold(undefined as never)).toThrow("`threshold` needs `low`, `high` or both");
    expect(() => threshold({ low: 1, high: 1 })).toThrow("`threshold.low` must be below `threshold.high`; received 1 and 1");
    expect(() => threshold({ low: Number.NaN })).toThrow("`threshold.low` must be a finite number");
    expect(() => threshold({ hihg: 1 } as object)).toThrow('Did you mean "high"?');
  });
});
