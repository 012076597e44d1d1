import { relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { cosine, mean, related } from "../test/plain-math.js";
import { thresholdConsistentMargin } from "./threshold-consistent-margin.js";

describe("thresholdConsistentMargin", () => {
  const laws = relationLossLaws(thresholdConsistentMargin({ positiveWeight: 0.5, negativeWeight: 2, negativeMargin: 0.1 }), {
    oracle: (batch) => {
      const s = (i: number, j: number) => cosine(batch.anchors[i]!, batch.candidates[j]!);
      const pull = batch.anchors.flatMap((_, i) => related(batch, i, 1).flatMap((j) => (s(i, j) <= 0.9 ? [0.9 - s(i, j)] : [])));
      const push = batch.anchors.flatMap((_, i) => related(batch, i, -1).flatMap((j) => (s(i, j) >= 0.1 ? [s(i, j) - 0.1] : [])));
      return 0.5 * mean(pull) + 2 * mean(push);
    },
  });
  for (const law of laws) it(law.title, law.run);

  it("averages the hard pairs of each kind, and those alone", async () => {
    // Similar at 60° (s = 0.5: 0.9 − 0.5 = 0.4) and at 0° (s = 1: too near to count); dissimilar at 30° (s = 0.8660254: 0.3660254) and at 90° (counts not).
    const loss = thresholdConsistentMargin({ negativeWeight: 3 });
    expect(await handValue(loss, atDegrees(0), [[1, 1, -1, -1]], atDegrees(60, 0, 30, 90))).toBeCloseTo(0.4 + 3 * 0.3660254, 5);
  });
  it("says which option is wrong", () => {
    expect(() => thresholdConsistentMargin({ positiveMargin: Number.NaN })).toThrow("`thresholdConsistentMargin.positiveMargin`");
    expect(() => thresholdConsistentMargin({ negativeMargin: "0" as never })).toThrow("`thresholdConsistentMargin.negativeMargin`");
    expect(() => thresholdConsistentMargin({ positiveWeight: -1 })).toThrow("`thresholdConsistentMargin.positiveWeight`");
    expect(() => thresholdConsistentMargin({ negativeWeight: -1 })).toThrow("`thresholdConsistentMargin.negativeWeight`");
  });
});
