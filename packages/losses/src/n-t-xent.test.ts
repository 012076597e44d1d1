import { relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { cosine, mean, related, sum } from "../test/plain-math.js";
import { multipleNegativesRanking } from "./multiple-negatives-ranking.js";
import { nTXent } from "./n-t-xent.js";

describe("nTXent", () => {
  const laws = relationLossLaws(nTXent({ temperature: 0.2 }), {
    oracle: (batch) => {
      const e = (i: number, j: number) => Math.exp(cosine(batch.anchors[i]!, batch.candidates[j]!) / 0.2);
      const ofAnchor = (i: number) => {
        const negatives = sum(related(batch, i, -1).map((n) => e(i, n)));
        return related(batch, i, 1).map((p) => -Math.log(e(i, p) / (e(i, p) + negatives)));
      };
      return mean(batch.anchors.flatMap((_, i) => ofAnchor(i)));
    },
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // Angles 0°, 60°, 90°; temperature 0.5; 0 and 1 are similar, 2 is dissimilar to both.
    // Pair (0, 1): s = 1 against s02 = 0: log(e + 1) − 1 = 0.3132617. Pair (1, 0): 1 against s12 = 2 cos 30° = 1.7320508:
    // log(e + e^1.7320508) − 1 = log(1 + e^0.7320508) = 1.1247150. Mean: 0.7189884.
    const expected = (Math.log1p(Math.exp(-1)) + Math.log1p(Math.exp(Math.sqrt(3) - 1))) / 2;
    expect(expected).toBeCloseTo(0.7189884, 6);
    const relations = [
      [0, 1, -1],
      [1, 0, -1],
      [-1, -1, 0],
    ];
    expect(await handValue(nTXent({ temperature: 0.5 }), atDegrees(0, 60, 90), relations)).toBeCloseTo(expected, 6);
    expect(await handValue(multipleNegativesRanking({ scale: 2 }), atDegrees(0, 60, 90), relations)).toBeCloseTo(expected, 6);
  });
  it("says which option is wrong", () => {
    expect(() => nTXent({ temperature: Number.NaN })).toThrow("`nTXent.temperature` must be a finite number above 0; received NaN.");
  });
});
