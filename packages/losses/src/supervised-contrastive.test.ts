import { relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { cosine, mean, meanOverAnchors, related, sum } from "../test/plain-math.js";
import { supervisedContrastive } from "./supervised-contrastive.js";

describe("supervisedContrastive", () => {
  const laws = relationLossLaws(supervisedContrastive(), {
    oracle: (batch) =>
      meanOverAnchors(batch, (i) => {
        const s = (j: number) => cosine(batch.anchors[i]!, batch.candidates[j]!) / 0.1;
        const positives = related(batch, i, 1);
        if (positives.length === 0) return undefined;
        const all = sum([...positives, ...related(batch, i, -1)].map((a) => Math.exp(s(a))));
        return -mean(positives.map((p) => Math.log(Math.exp(s(p)) / all)));
      }),
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand, unknown pairs in neither sum", async () => {
    // Angles 0°, 60°, 90°, 180°; temperature 0.5, so logits are 2 cos. Anchor 0: similar to 1, dissimilar to 3; 2 is unknown to all.
    // Anchor 0: s01 = 1, s03 = −2: log(e¹ + e⁻²) − 1 = 1.0485874 − 1 = 0.0485874. Anchor 1: similar to 0 alone: 1 − 1 = 0.
    // Anchors 2 and 3 have no similar sample. Mean over anchors 0 and 1: 0.0242937.
    const relations = [
      [0, 1, 0, -1],
      [1, 0, 0, 0],
      [0, 0, 0, 0],
      [-1, 0, 0, 0],
    ];
    expect(await handValue(supervisedContrastive({ temperature: 0.5 }), atDegrees(0, 60, 90, 180), relations)).toBeCloseTo(0.0242937, 6);
  });
  it("says which option is wrong", () => {
    expect(() => supervisedContrastive({ temprature: 1 } as object)).toThrow("It has `temperature`, `reducer`.");
    expect(() => supervisedContrastive({ temperature: 0 })).toThrow(
      "`supervisedContrastive.temperature` must be a finite number above 0; received 0.",
    );
    expect(() => supervisedContrastive({ reducer: "mean" as never })).toThrow("`supervisedContrastive.reducer` must be a reducer");
  });
});
