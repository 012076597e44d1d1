import { relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { cosine, meanOverAnchors, related, relu, softplus, sum } from "../test/plain-math.js";
import { circle } from "./circle.js";

describe("circle", () => {
  const [m, scale] = [0.4, 20];
  const laws = relationLossLaws(circle({ scale }), {
    oracle: (batch, _, fixed) =>
      meanOverAnchors(batch, (i) => {
        const s = (j: number) => cosine(batch.anchors[i]!, batch.candidates[j]!);
        const constant = (j: number) => cosine(fixed.anchors[i]!, fixed.candidates[j]!); // α takes no gradient
        const [positives, negatives] = [related(batch, i, 1), related(batch, i, -1)];
        if (positives.length === 0 || negatives.length === 0) return undefined;
        const pull = sum(positives.map((p) => Math.exp(-scale * relu(1 + m - constant(p)) * (s(p) - (1 - m)))));
        const push = sum(negatives.map((n) => Math.exp(scale * relu(constant(n) + m) * (s(n) - m))));
        return softplus(Math.log(pull) + Math.log(push));
      }),
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // Anchor 0°, positive 60° (s = 0.5), negative 90° (s = 0); m = 0.25, γ = 2: α_p = 1.25 − 0.5 = 0.75, α_n = 0.25.
    // Pull: −2 · 0.75 · (0.5 − 0.75) = 0.375; push: 2 · 0.25 · (0 − 0.25) = −0.125. log(1 + e^0.25) = 0.8259394.
    expect(await handValue(circle({ margin: 0.25, scale: 2 }), atDegrees(0), [[1, -1]], atDegrees(60, 90))).toBeCloseTo(0.8259394, 6);
  });
  it("costs less the nearer the positive and the farther the negative is", async () => {
    const at = (positive: number, negative: number) => handValue(circle(), atDegrees(0), [[1, -1]], atDegrees(positive, negative));
    expect(await at(20, 100)).toBeLessThan(await at(40, 100));
    expect(await at(40, 60)).toBeGreaterThan(await at(40, 80));
  });
  it("says which option is wrong", () => {
    expect(() => circle({ scale: 0 })).toThrow("`circle.scale`");
    expect(() => circle({ margin: Number.NaN })).toThrow("`circle.margin`");
    expect(() => circle({ gamma: 80 } as object)).toThrow("`circle` has no option `gamma`");
  });
});
