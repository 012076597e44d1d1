import { relationLossLaws, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { cosine, mean, related, relu } from "../test/plain-math.js";
import { megaBatchMargin } from "./mega-batch-margin.js";

describe("megaBatchMargin", () => {
  const laws = relationLossLaws(megaBatchMargin(), {
    oracle: (batch) =>
      mean(
        batch.anchors.flatMap((anchor, i) => {
          const s = (j: number) => cosine(anchor, batch.candidates[j]!);
          const negatives = related(batch, i, -1).map(s);
          const push = negatives.length === 0 ? 0 : relu(Math.max(...negatives) - 0.3);
          return related(batch, i, 1).map((j) => relu(0.8 - s(j)) + push);
        }),
      ),
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // Anchor 0°. Similar at 60° (s = 0.5): 0.8 − 0.5 = 0.3; similar at 30° (s = 0.866): 0. Hardest of 60° and 90° is 0.5: 0.5 − 0.3 = 0.2, in both.
    // Mean of 0.5 and 0.2. With margins 1 and 0.6: (0.5 + 0.1339746) / 2, no negative being above 0.6.
    const value = (options?: object) => handValue(megaBatchMargin(options), atDegrees(0), [[1, 1, -1, -1]], atDegrees(60, 30, 60, 90));
    expect(await value()).toBeCloseTo(0.35, 6);
    expect(await value({ positiveMargin: 1, negativeMargin: 0.6 })).toBeCloseTo(0.3169873, 6);
  });
  it("leaves the second part out where there is no negative, even with a margin below every cosine", async () => {
    expect(await handValue(megaBatchMargin({ negativeMargin: -5 }), atDegrees(0), [[1, 0]], atDegrees(60, 0))).toBeCloseTo(0.3, 6);
  });
  it("gives negatives that tie equal shares", async () => {
    await useEngine();
    const gradients = tf.tidy(() => {
      const anchors = tf.tensor2d(atDegrees(0));
      const masks = { similar: tf.tensor2d([[1, 0, 0]]), dissimilar: tf.tensor2d([[0, 1, 1]]) };
      const value = (candidates: tf.Tensor) =>
        tf.sum<tf.Scalar>(megaBatchMargin().compute({ anchors, candidates: candidates as tf.Tensor2D, ...masks }, {}).terms);
      return (
        tf
          .grad(value)(tf.tensor2d([...atDegrees(0), [0.5, 0.5], [0.5, 0.5]]))
          .arraySync() as number[][]
      ).slice(1);
    });
    expect(gradients[0]).toEqual(gradients[1]);
    // d cos / dc = (a − cos · ĉ) / |c| = ((1, 0) − 0.5 (1, 1)) / 0.7071068 = (0.7071068, −0.7071068), half to each.
    expect(gradients[0]![0]).toBeCloseTo(0.3535534, 5);
  });
  it("says which option is wrong", () => {
    expect(() => megaBatchMargin({ positiveMargin: Number.NaN })).toThrow("`megaBatchMargin.positiveMargin` must be a finite number");
    expect(() => megaBatchMargin({ negativeMargin: "0" as never })).toThrow("`megaBatchMargin.negativeMargin` must be a finite number");
  });
});
