import { relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { handValue } from "../test/hand-batch.js";
import { mean, related, relatedCandidates, relu, sum, unitEuclidean } from "../test/plain-math.js";
import { euclideanDistances } from "./euclidean-distances.js";
import { liftedStructure } from "./lifted-structure.js";

describe("liftedStructure", () => {
  const laws = relationLossLaws(liftedStructure({ negativeMargin: 1.5, positiveMargin: 0.1 }), {
    oracle: (batch) => {
      const terms = batch.anchors.flatMap((row, i) =>
        related(batch, i, 1).map((j) => {
          const near = related(batch, i, -1).map((k) => Math.exp(1.5 - unitEuclidean(row, batch.candidates[k]!)));
          const other = batch.candidates[j]!;
          const nearOther = relatedCandidates(batch, j, -1)
            .filter((l) => batch.relations[i]![l] === -1)
            .map((l) => Math.exp(1.5 - unitEuclidean(other, batch.candidates[l]!)));
          const soft = near.length + nearOther.length === 0 ? 0 : Math.log(sum([...near, ...nearOther]));
          return relu(soft + unitEuclidean(row, other) - 0.1) ** 2 / 2;
        }),
      );
      return mean(terms);
    },
  });
  for (const law of laws) it(law.title, law.run);

  const loss = liftedStructure({ distances: euclideanDistances });
  const relations = (last: number) => [
    [0, 1, -1],
    [1, 0, last],
    [-1, last, 0],
  ];
  it("gives the value worked by hand", async () => {
    // Points 0 and 1 similar, 3 dissimilar to both: J = log(e^(1 − 3) + e^(1 − 2)) + 1 = −0.6867383 + 1; half its square, for both orders.
    const J = Math.log(Math.exp(-2) + Math.exp(-1)) + 1;
    expect(await handValue(loss, [[0], [1], [3]], relations(-1))).toBeCloseTo(J ** 2 / 2, 6);
  });
  it("takes one end's dissimilar samples where those of the other are unknown", async () => {
    // The pair of 1 and 1.5 unknown: from 0, J = (1 − 1.5) + 1 = 0.5; from 1, whose own are unknown, J = 1. The mean of both squares, halved.
    expect(await handValue(loss, [[0], [1], [1.5]], relations(0))).toBeCloseTo((0.125 + 0.5) / 2, 6);
  });
  it("pulls a pair whose ends have none", async () => {
    const pair = [
      [0, 1],
      [1, 0],
    ];
    expect(await handValue(loss, [[0], [2]], pair)).toBeCloseTo(2, 6);
  });
  it("says what a batch lacks, and which option is wrong", async () => {
    await expect(handValue(loss, [[0]], [[1]], [[1]])).rejects.toThrow("`liftedStructure` needs the relations among candidates");
    expect(() => liftedStructure({ negativeMargin: Number.NaN })).toThrow("`liftedStructure.negativeMargin`");
    expect(() => liftedStructure({ positiveMargin: "0" as never })).toThrow("`liftedStructure.positiveMargin`");
    expect(() => liftedStructure({ distances: 1 as never })).toThrow("`liftedStructure.distances`");
  });
});
