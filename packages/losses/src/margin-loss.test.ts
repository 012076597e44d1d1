import { type PlainRelationBatch, relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { handValue } from "../test/hand-batch.js";
import { related, relu, sum, unitEuclidean } from "../test/plain-math.js";
import { euclideanDistances } from "./euclidean-distances.js";
import { marginLoss } from "./margin-loss.js";

/** Both costs of every triplet, added, over the number of costs above 0. */
function overTriplets(batch: PlainRelationBatch, beta: number, regularization: number): number {
  const costs = batch.anchors.flatMap((row, i) => {
    const d = (j: number) => unitEuclidean(row, batch.candidates[j]!);
    const negatives = related(batch, i, -1);
    return related(batch, i, 1).flatMap((p) => negatives.flatMap((n) => [relu(d(p) - beta + 0.2), relu(beta - d(n) + 0.2)]));
  });
  const active = costs.filter((cost) => cost > 0).length;
  return active === 0 ? 0 : sum(costs) / active + regularization * beta;
}

describe("marginLoss", () => {
  const learned = relationLossLaws(marginLoss({ regularization: 0.1 }), {
    oracle: (batch, { beta }) => overTriplets(batch, beta![0]![0]!, 0.1),
  });
  for (const law of learned) it(law.title, law.run);
  const fixed = relationLossLaws(marginLoss({ learnBeta: false, beta: 0.9, regularization: 0.1 }), {
    oracle: (batch) => overTriplets(batch, 0.9, 0),
  });
  for (const law of fixed) it(`fixed border: ${law.title}`, law.run);

  it("gives the value worked by hand", async () => {
    // From 0, border 2, margin 0.5. Similar at 1 (costs 0) and 3 (1.5); dissimilar at 2.25 (0.25). Triplets (1, 2.25), (3, 2.25): costs 0.25, 1.5, 0.25.
    const loss = marginLoss({ margin: 0.5, beta: 2, learnBeta: false, distances: euclideanDistances });
    expect(await handValue(loss, [[0]], [[1, 1, -1]], [[1], [3], [2.25]])).toBeCloseTo(2 / 3, 6);
  });
  it("begins its border where it is told to, or has none to learn", () => {
    const sizes = { dim: 2, classes: 3 };
    expect(marginLoss({ beta: 0.5 }).parameters!(sizes, undefined as never)).toEqual({
      beta: { shape: [1], values: Float32Array.of(0.5) },
    });
    expect(marginLoss({ learnBeta: false }).parameters!(sizes, undefined as never)).toEqual({});
  });
  it("says which option is wrong", () => {
    expect(() => marginLoss({ margin: -1 })).toThrow("`marginLoss.margin`");
    expect(() => marginLoss({ beta: Number.NaN })).toThrow("`marginLoss.beta`");
    expect(() => marginLoss({ learnBeta: 1 as never })).toThrow("`marginLoss.learnBeta`");
    expect(() => marginLoss({ regularization: -1 })).toThrow("`marginLoss.regularization`");
    expect(() => marginLoss({ distances: 1 as never })).toThrow("`marginLoss.distances`");
  });
});
