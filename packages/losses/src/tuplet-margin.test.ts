import { relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { cosine, mean, related, sum } from "../test/plain-math.js";
import { tupletMargin } from "./tuplet-margin.js";

describe("tupletMargin", () => {
  const [slack, scale] = [0.3, 6];
  const laws = relationLossLaws(tupletMargin({ slack, scale }), {
    oracle: (batch) => {
      const s = (i: number, j: number) => cosine(batch.anchors[i]!, batch.candidates[j]!);
      const terms = batch.anchors.flatMap((_, i) => {
        const negatives = related(batch, i, -1);
        if (negatives.length === 0) return [];
        return related(batch, i, 1).map((p) => {
          const own = Math.cos(Math.acos(s(i, p)) - slack);
          return Math.log(1 + sum(negatives.map((n) => Math.exp(scale * (s(i, n) - own)))));
        });
      });
      return mean(terms);
    },
  });
  for (const law of laws) it(law.title, law.run);

  it("takes the slack off the angle of the similar pair", async () => {
    // Positive at 60°, slack 30°: cos 30° = 0.8660254; negative at 90°: 0. log(1 + e^(2 (0 − 0.8660254))) = log(1 + 0.1769205) = 0.1629014.
    const loss = tupletMargin({ slack: Math.PI / 6, scale: 2 });
    expect(await handValue(loss, atDegrees(0), [[1, -1]], atDegrees(60, 90))).toBeCloseTo(Math.log1p(Math.exp(-1.7320508)), 6);
  });
  it("counts a pair of equal vectors by the cosine of the slack alone", async () => {
    // θ = 0, where the sine is taken as 0: cos(0 − 30°) = 0.8660254.
    const loss = tupletMargin({ slack: Math.PI / 6, scale: 2 });
    expect(await handValue(loss, atDegrees(0), [[1, -1]], atDegrees(0, 90))).toBeCloseTo(Math.log1p(Math.exp(-1.7320508)), 6);
  });
  it("counts no pair whose anchor has no dissimilar sample", async () => {
    expect(await handValue(tupletMargin(), atDegrees(0), [[1, 0]], atDegrees(60, 90))).toBe(0);
    const [loss, of] = [tupletMargin({ slack: Math.PI / 6, scale: 2 }), [1, -1]];
    const alone = await handValue(loss, atDegrees(0), [of], atDegrees(60, 90));
    expect(await handValue(loss, atDegrees(0, 10), [of, [1, 0]], atDegrees(60, 90))).toBeCloseTo(alone, 6);
  });
  it("says which option is wrong", () => {
    expect(() => tupletMargin({ slack: 5.73 })).toThrow("`tupletMargin.slack` must be an angle from 0 to π/2, in radians; received 5.73.");
    expect(() => tupletMargin({ slack: -0.1 })).toThrow("`tupletMargin.slack`");
    expect(() => tupletMargin({ slack: "0" as never })).toThrow("`tupletMargin.slack`");
    expect(() => tupletMargin({ scale: 0 })).toThrow("`tupletMargin.scale`");
  });
});
