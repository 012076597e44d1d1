import { type PlainRelationBatch, relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { cosine, mean, related, sum } from "../test/plain-math.js";
import { multipleNegativesRanking } from "./multiple-negatives-ranking.js";

const scale = 20;
const logit = (batch: PlainRelationBatch, i: number, j: number) => scale * cosine(batch.anchors[i]!, batch.candidates[j]!);
const pairs = (batch: PlainRelationBatch) => batch.anchors.flatMap((_, i) => related(batch, i, 1).map((j) => [i, j] as const));
const share = (own: number, others: number[]) => -Math.log(Math.exp(own) / (Math.exp(own) + sum(others.map(Math.exp))));
const forward = (batch: PlainRelationBatch, i: number, j: number) =>
  share(
    logit(batch, i, j),
    related(batch, i, -1).map((n) => logit(batch, i, n)),
  );
const backward = (batch: PlainRelationBatch, i: number, j: number) =>
  share(
    logit(batch, i, j),
    batch.anchors.flatMap((_, a) => (batch.relations[a]![j] === -1 ? [logit(batch, a, j)] : [])),
  );

describe("multipleNegativesRanking", () => {
  const oneWay = relationLossLaws(multipleNegativesRanking(), {
    oracle: (batch) => mean(pairs(batch).map(([i, j]) => forward(batch, i, j))),
  });
  for (const law of oneWay) it(law.title, law.run);
  const bothWays = relationLossLaws(multipleNegativesRanking({ symmetric: true }), {
    oracle: (batch) => mean(pairs(batch).map(([i, j]) => (forward(batch, i, j) + backward(batch, i, j)) / 2)),
  });
  for (const law of bothWays) it(`symmetric: ${law.title}`, law.run);

  it("gives the value worked by hand, with an explicit hard negative", async () => {
    // Anchors at 0° and 90°, candidates at 0°, 90° and, a hard negative of both, 60°; scale 2.
    // Anchor 0: s = 2, 0, 1: log(e² + e⁰ + e¹) − 2 = 2.4076060 − 2. Anchor 1: s = 0, 2, 2 · 0.8660254 = 1.7320508:
    // log(1 + e² + e^1.7320508) − 2 = log(1 + 7.3890561 + 5.6522337) − 2 = 2.6420022 − 2. Mean: (0.4076060 + 0.6420022) / 2.
    const relations = [
      [1, -1, -1],
      [-1, 1, -1],
    ];
    const expected = (Math.log(Math.exp(2) + 1 + Math.exp(1)) - 2 + Math.log(1 + Math.exp(2) + Math.exp(Math.sqrt(3))) - 2) / 2;
    expect(expected).toBeCloseTo(0.5248, 4);
    const value = await handValue(multipleNegativesRanking({ scale: 2 }), atDegrees(0, 90), relations, atDegrees(0, 90, 60));
    expect(value).toBeCloseTo(expected, 6);
  });
  it("needs whole batches only when it is symmetric", () => {
    expect(multipleNegativesRanking()).toMatchObject({ memory: true, wholeBatch: false });
    expect(multipleNegativesRanking({ symmetric: true })).toMatchObject({ memory: false, wholeBatch: true });
  });
  it("says which option is wrong", () => {
    expect(() => multipleNegativesRanking({ scale: -1 })).toThrow("`multipleNegativesRanking.scale` must be a finite number above 0");
    expect(() => multipleNegativesRanking({ similarities: "cosine" as never })).toThrow(
      "`multipleNegativesRanking.similarities` must be a function",
    );
    expect(() => multipleNegativesRanking({ symmetric: 1 as never })).toThrow("`multipleNegativesRanking.symmetric` must be true or false");
  });
});
