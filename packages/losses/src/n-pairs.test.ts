import { type PlainRelationBatch, relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { handValue } from "../test/hand-batch.js";
import { dot, mean, related, sum } from "../test/plain-math.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { nPairs } from "./n-pairs.js";

const oracleOf = (lengthWeight: number) => (batch: PlainRelationBatch) =>
  mean(
    batch.anchors.flatMap((a, i) =>
      related(batch, i, 1).map((j) => {
        const c = batch.candidates[j]!;
        const excess = related(batch, i, -1).map((n) => Math.exp(dot(a, batch.candidates[n]!) - dot(a, c)));
        return Math.log1p(sum(excess)) + (lengthWeight / 2) * (dot(a, a) + dot(c, c));
      }),
    ),
  );

describe("nPairs", () => {
  for (const law of relationLossLaws(nPairs(), { oracle: oracleOf(0) })) it(law.title, law.run);
  // Where vectors are long, the weight on length is what is largest: the law of equal vectors asks for a difference that shows beside it.
  for (const law of relationLossLaws(nPairs({ lengthWeight: 0.1 }), { oracle: oracleOf(0.1) })) it(`with lengths: ${law.title}`, law.run);

  it("gives the value worked by hand", async () => {
    // Anchor (1, 2): a·c = 3 with (1, 1), 1 with (1, 0), 2 with (0, 1): log(1 + e^−2 + e^−1) = log(1.5032147) = 0.4076060.
    // Lengths: 0.1 / 2 · (5 + 2) = 0.35. Cosines: 3 / √10 = 0.9486833, 1 / √5 = 0.4472136, 2 / √5 = 0.8944272:
    // log(1 + e^−0.5014697 + e^−0.0542561) = log(2.5528301) = 0.9372026.
    const value = (options: object) =>
      handValue(
        nPairs(options),
        [[1, 2]],
        [[1, -1, -1]],
        [
          [1, 1],
          [1, 0],
          [0, 1],
        ],
      );
    expect(await value({})).toBeCloseTo(0.407606, 6);
    expect(await value({ lengthWeight: 0.1 })).toBeCloseTo(0.757606, 6);
    expect(await value({ similarities: cosineSimilarities })).toBeCloseTo(Math.log1p(Math.exp(-0.5014697) + Math.exp(-0.0542561)), 5);
  });
  it("says which option is wrong", () => {
    expect(() => nPairs({ lengthWeight: -1 })).toThrow("`nPairs.lengthWeight` must be a finite number of 0 or more");
    expect(() => nPairs({ similarities: 2 as never })).toThrow("`nPairs.similarities` must be a function");
  });
});
