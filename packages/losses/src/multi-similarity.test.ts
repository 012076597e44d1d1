import { relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { cosine, meanOverAnchors, related, sum } from "../test/plain-math.js";
import { multiSimilarity } from "./multi-similarity.js";

describe("multiSimilarity", () => {
  const laws = relationLossLaws(multiSimilarity(), {
    oracle: (batch) =>
      meanOverAnchors(batch, (i) => {
        const s = (j: number) => cosine(batch.anchors[i]!, batch.candidates[j]!) - 0.5;
        const [positives, negatives] = [related(batch, i, 1), related(batch, i, -1)];
        if (positives.length + negatives.length === 0) return undefined;
        return (
          Math.log(1 + sum(positives.map((p) => Math.exp(-2 * s(p))))) / 2 +
          Math.log(1 + sum(negatives.map((n) => Math.exp(50 * s(n))))) / 50
        );
      }),
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // Anchor at 0°, positive at 60° (s = 0.5), negative at 90° (s = 0), an unknown one at 10°; α = 1, β = 2, base 0.5:
    // log(1 + e⁰) = 0.6931472; ½ log(1 + e^(2 · −0.5)) = ½ · 0.3132617 = 0.1566308. Together 0.8497780.
    const loss = multiSimilarity({ alpha: 1, beta: 2 });
    expect(await handValue(loss, atDegrees(0), [[1, -1, 0]], atDegrees(60, 90, 10))).toBeCloseTo(0.849778, 6);
  });
  it("says which option is wrong", () => {
    expect(() => multiSimilarity({ alpha: 0 })).toThrow("`multiSimilarity.alpha`");
    expect(() => multiSimilarity({ beta: -1 })).toThrow("`multiSimilarity.beta`");
    expect(() => multiSimilarity({ base: "0" as never })).toThrow("`multiSimilarity.base`");
  });
});
