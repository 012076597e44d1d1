import { relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { cosine, mean, meanOverAnchors, related, sigmoid, sum } from "../test/plain-math.js";
import { smoothAP } from "./smooth-ap.js";

describe("smoothAP", () => {
  const laws = relationLossLaws(smoothAP({ temperature: 0.2 }), {
    oracle: (batch) =>
      meanOverAnchors(batch, (a) => {
        const s = (j: number) => cosine(batch.anchors[a]!, batch.candidates[j]!);
        const [positives, negatives] = [related(batch, a, 1), related(batch, a, -1)];
        if (positives.length === 0) return undefined;
        const above = (i: number, of: number[]) => sum(of.map((j) => sigmoid((s(j) - s(i)) / 0.2)));
        const among = (i: number) =>
          1 +
          above(
            i,
            positives.filter((j) => j !== i),
          );
        return 1 - mean(positives.map((i) => among(i) / (among(i) + above(i, negatives))));
      }),
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // Ranking: similar at 10°, dissimilar at 20°, similar at 60°, each at least 0.04 apart, 4 temperatures or more: nearly steps. Precisions 1 and 2/3.
    const value = await handValue(smoothAP({ temperature: 0.001 }), atDegrees(0), [[1, -1, 1]], atDegrees(10, 20, 60));
    expect(value).toBeCloseTo(1 - (1 + 2 / 3) / 2, 5);
  });
  it("counts the half of a tie", async () => {
    // Similar and dissimilar at the same place: 1 / (1 + ½).
    expect(await handValue(smoothAP(), atDegrees(0), [[1, -1]], atDegrees(30, 30))).toBeCloseTo(1 / 3, 5);
  });
  it("says which option is wrong", () => {
    expect(() => smoothAP({ temperature: 0 })).toThrow("`smoothAP.temperature`");
  });
});
