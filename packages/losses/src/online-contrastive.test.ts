import { type PlainRelationBatch, relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { handValue } from "../test/hand-batch.js";
import { cosine, mean, related, relu } from "../test/plain-math.js";
import { euclideanDistances } from "./euclidean-distances.js";
import { onlineContrastive } from "./online-contrastive.js";
import { sum } from "./sum.js";

const distances = (batch: PlainRelationBatch, relation: number) =>
  batch.anchors.flatMap((_, i) => related(batch, i, relation).map((j) => 1 - cosine(batch.anchors[i]!, batch.candidates[j]!)));

describe("onlineContrastive", () => {
  const laws = relationLossLaws(onlineContrastive({ margin: 0.9 }), {
    oracle: (batch) => {
      const [similar, dissimilar] = [distances(batch, 1), distances(batch, -1)];
      const above = dissimilar.length > 1 ? Math.min(...dissimilar) : mean(similar);
      const below = similar.length > 1 ? Math.max(...similar) : mean(dissimilar);
      const pull = similar.filter((d) => d > above).map((d) => d ** 2);
      return mean([...pull, ...dissimilar.filter((d) => d < below).map((d) => relu(0.9 - d) ** 2)]);
    },
  });
  for (const law of laws) it(law.title, law.run);

  // From 0: the candidates' distances are their places.
  const at = (loss: ReturnType<typeof onlineContrastive>, relations: number[], places: number[], weights?: number[]) =>
    handValue(
      loss,
      [[0]],
      [relations],
      places.map((place) => [place]),
      weights,
    );
  const loss = onlineContrastive({ margin: 3, distances: euclideanDistances });

  it("learns from the pairs on the wrong side of the other kind's extreme", async () => {
    // Similar 1, 2, 4; dissimilar 1.5, 3.5, 5. Hard similar: beyond 1.5: 2² + 4² = 20. Hard dissimilar: below 4: (3 − 1.5)² = 2.25 and 0. 22.25 / 4.
    expect(await at(loss, [1, 1, 1, -1, -1, -1], [1, 2, 4, 1.5, 3.5, 5])).toBeCloseTo(22.25 / 4, 5);
    const summed = onlineContrastive({ margin: 3, distances: euclideanDistances, reducer: sum() });
    expect(await at(summed, [1, 1, 1, -1, -1, -1], [1, 2, 4, 1.5, 3.5, 5])).toBeCloseTo(22.25, 5);
  });
  it("falls back on the mean of the own kind where the other has fewer than two pairs", async () => {
    // One dissimilar at 1.5: similar beyond their mean of 2: 9. The dissimilar one is below 3: 2.25. Mean of both.
    expect(await at(loss, [1, 1, -1], [1, 3, 1.5])).toBeCloseTo((9 + 2.25) / 2, 5);
    // One similar at 1: dissimilar below their mean of 2.5: (3 − 2)² = 1; the similar one is not beyond 2.
    expect(await at(loss, [1, -1, -1], [1, 2, 3])).toBeCloseTo(1, 5);
    // No dissimilar: similar beyond their mean.
    expect(await at(loss, [1, 1], [1, 3])).toBeCloseTo(9, 5);
  });
  it("pushes what is dissimilar, unlike its model in Quaterion, whose nearest dissimilar sample is the anchor itself", async () => {
    const rows = [[0], [1], [1.2]];
    const relations = [
      [0, 1, -1],
      [1, 0, -1],
      [-1, -1, 0],
    ];
    const farther = [[0], [1], [1.4]];
    expect(await handValue(loss, farther, relations)).toBeLessThan(await handValue(loss, rows, relations));
  });
  it("lets an anchor of weight 2 count as two, in the means and among the pairs", async () => {
    const twice = await handValue(
      loss,
      [[0], [0], [5]],
      [
        [1, -1],
        [1, -1],
        [1, 1],
      ],
      [[1], [0.5]],
    );
    expect(
      await handValue(
        loss,
        [[0], [5]],
        [
          [1, -1],
          [1, 1],
        ],
        [[1], [0.5]],
        [2, 1],
      ),
    ).toBeCloseTo(twice, 5);
  });
  it("says which option is wrong", () => {
    expect(() => onlineContrastive({ margin: 0 })).toThrow("`onlineContrastive.margin`");
    expect(() => onlineContrastive({ distances: "cosine" as never })).toThrow("`onlineContrastive.distances`");
  });
});
