import { relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { handValue } from "../test/hand-batch.js";
import { meanOverAnchors, related, relu, sum, unitEuclidean } from "../test/plain-math.js";
import { euclideanDistances } from "./euclidean-distances.js";
import { generalizedLiftedStructure } from "./generalized-lifted-structure.js";

describe("generalizedLiftedStructure", () => {
  const laws = relationLossLaws(generalizedLiftedStructure({ negativeMargin: 1.5, positiveMargin: 0.1 }), {
    oracle: (batch) =>
      meanOverAnchors(batch, (i) => {
        const d = (j: number) => unitEuclidean(batch.anchors[i]!, batch.candidates[j]!);
        const [positives, negatives] = [related(batch, i, 1), related(batch, i, -1)];
        if (positives.length + negatives.length === 0) return undefined;
        const pull = positives.length === 0 ? 0 : Math.log(sum(positives.map((p) => Math.exp(d(p) - 0.1))));
        return relu(pull + (negatives.length === 0 ? 0 : Math.log(sum(negatives.map((n) => Math.exp(1.5 - d(n)))))));
      }),
  });
  for (const law of laws) it(law.title, law.run);

  const loss = generalizedLiftedStructure({ distances: euclideanDistances });
  it("gives the value worked by hand", async () => {
    // From 0: similar at 1 and 2, dissimilar at 1.5 and 3. log(e + e²) + log(e^−0.5 + e^−2) = 2.3132617 − 0.2985864 = 2.0146753.
    const value = await handValue(loss, [[0]], [[1, 1, -1, -1]], [[1], [2], [1.5], [3]]);
    expect(value).toBeCloseTo(Math.log(Math.E + Math.E ** 2) + Math.log(Math.exp(-0.5) + Math.exp(-2)), 5);
  });
  it("keeps one kind where an anchor lacks the other, and is never below 0", async () => {
    expect(await handValue(loss, [[0]], [[1]], [[1.25]])).toBeCloseTo(1.25, 5);
    expect(await handValue(loss, [[0]], [[-1]], [[0.25]])).toBeCloseTo(0.75, 5);
    expect(await handValue(loss, [[0]], [[-1]], [[3]])).toBe(0);
  });
  it("says which option is wrong", () => {
    expect(() => generalizedLiftedStructure({ negativeMargin: Number.NaN })).toThrow("`generalizedLiftedStructure.negativeMargin`");
    expect(() => generalizedLiftedStructure({ positiveMargin: "0" as never })).toThrow("`generalizedLiftedStructure.positiveMargin`");
    expect(() => generalizedLiftedStructure({ distances: 1 as never })).toThrow("`generalizedLiftedStructure.distances`");
  });
});
