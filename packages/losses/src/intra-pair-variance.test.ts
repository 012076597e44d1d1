import { relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { cosine, mean, related, relu } from "../test/plain-math.js";
import { intraPairVariance } from "./intra-pair-variance.js";

describe("intraPairVariance", () => {
  const laws = relationLossLaws(intraPairVariance({ positiveSlack: 0.05, negativeSlack: 0.02 }), {
    oracle: (batch) => {
      const all = (relation: number) =>
        batch.anchors.flatMap((_, i) => related(batch, i, relation).map((j) => cosine(batch.anchors[i]!, batch.candidates[j]!)));
      const [similar, dissimilar] = [all(1), all(-1)];
      const below = similar.map((s) => relu(0.95 * mean(similar) - s) ** 2);
      return mean(below) + mean(dissimilar.map((s) => relu(s - 1.02 * mean(dissimilar)) ** 2));
    },
  });
  // It narrows spreads: one dissimilar pair alone has none, however near it is.
  const narrowing = laws.filter(({ title }) => !title.includes("takes equal vectors of two samples for a real pair"));
  expect(narrowing.length).toBe(laws.length - 1);
  for (const law of narrowing) it(law.title, law.run);

  const rows = atDegrees(0);
  const others = atDegrees(60, 90, 60, 90);

  it("gives the value worked by hand", async () => {
    // Similar 0.5 and 0: mean 0.25, less 10 % 0.225: (0.225 − 0)² / 2. Dissimilar 0.5 and 0: mean 0.25, 20 % more 0.3: (0.5 − 0.3)² / 2.
    const loss = intraPairVariance({ positiveSlack: 0.1, negativeSlack: 0.2 });
    expect(await handValue(loss, rows, [[1, 1, -1, -1]], others)).toBeCloseTo(0.225 ** 2 / 2 + 0.2 ** 2 / 2, 6);
  });
  it("lets an anchor of weight 2 count as two in the means", async () => {
    const [two, relations] = [
      atDegrees(0, 90),
      [
        [1, -1],
        [1, -1],
      ],
    ];
    const twice = await handValue(intraPairVariance(), [two[0]!, two[0]!, two[1]!], [relations[0]!, ...relations], atDegrees(60, 20));
    expect(await handValue(intraPairVariance(), two, relations, atDegrees(60, 20), [2, 1])).toBeCloseTo(twice, 6);
  });
  it("says which option is wrong", () => {
    expect(() => intraPairVariance({ positiveSlack: -0.1 })).toThrow("`intraPairVariance.positiveSlack`");
    expect(() => intraPairVariance({ negativeSlack: -0.1 })).toThrow("`intraPairVariance.negativeSlack`");
  });
});
