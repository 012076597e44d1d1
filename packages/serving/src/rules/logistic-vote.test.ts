import { describe, expect, it } from "vitest";
import { clusters, cosine, row } from "../../test/clusters.js";
import { logistic } from "./logistic.js";
import { logisticVote } from "./logistic-vote.js";
import { vote } from "./vote.js";

const references = clusters(1, { noise: 0.8 });
const { vectors, dim, classes, classCount } = references;
const { vectors: queries } = clusters(2, { perClass: 2, noise: 0.8 });
const queryCount = queries.length / dim;

/** softmax of a row of scores */
const softmax = (scores: ArrayLike<number>) => {
  const weights = Array.from(scores, (score) => Math.exp(score));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / all);
};

describe("logisticVote", () => {
  it("is a product of experts: logistic regression's probability times the votes' to the power of the share, made to sum to 1", () => {
    const scores = logisticVote({ share: 0.4, temperature: 0.07 }).fit(references).scores(queries);
    const regressed = logistic().fit(references).scores(queries);
    for (let q = 0; q < queryCount; q++) {
      const votes = new Array<number>(classCount).fill(0);
      for (const [i, c] of classes.entries()) votes[c]! += Math.exp(cosine(row(queries, dim, q), row(vectors, dim, i)) / 0.07);
      const all = votes.reduce((sum, each) => sum + each, 0);
      const product = softmax(row(regressed, classCount, q)).map((p, c) => p * (votes[c]! / all) ** 0.4);
      const total = product.reduce((sum, each) => sum + each, 0);
      for (const [c, p] of softmax(row(scores, classCount, q)).entries()) expect(p).toBeCloseTo(product[c]! / total, 4);
    }
  });

  it("gives each reference its share of the votes beside that of the regression", () => {
    const scorer = logisticVote({ share: 0.5, temperature: 0.1 }).fit(references);
    const q = row(queries, dim, 3);
    for (let c = 0; c < classCount; c++) {
      const { amounts, total } = scorer.contributions(q, c);
      const { amounts: regressed } = logistic().fit(references).contributions(q, c);
      const votes = Array.from(classes, (own, i) => (own === c ? Math.exp(cosine(q, row(vectors, dim, i)) / 0.1) : 0));
      const all = votes.reduce((sum, each) => sum + each, 0);
      for (const [i, amount] of amounts.entries()) {
        const expected = regressed[i]! + (all > 0 ? (0.5 * Math.log(all) * votes[i]!) / all : 0);
        expect(amount).toBeCloseTo(expected, 3);
      }
      expect(total).toBeCloseTo(scorer.scores(q)[c]!, 3);
    }
  });

  it("explains scores whose votes are too light for numbers", () => {
    const far = { vectors: Float32Array.of(1, 0, -1, 0, -0.8, 0.6), dim: 2, classes: Int32Array.of(0, 1, 1), classCount: 3 };
    const scorer = logisticVote({ share: 0.5, temperature: 1e-3 }).fit(far);
    const query = Float32Array.of(1, 0);
    const { amounts, total } = scorer.contributions(query, 1);
    expect(amounts.reduce((sum, amount) => sum + amount, 0) / total).toBeCloseTo(1, 5);
    expect(total / scorer.scores(query)[1]!).toBeCloseTo(1, 5);
    expect(scorer.scores(query)[2]).toBe(Number.NEGATIVE_INFINITY);
    expect(scorer.contributions(query, 2).total).toBe(Number.NEGATIVE_INFINITY);
  });

  it("takes the fit of logistic regression that is shared, and makes one where none is; nothing is remembered otherwise", () => {
    const shared = new Map();
    const regressed = logistic().fit(references, { rough: true, shared });
    expect(logisticVote().fit(references, { rough: true, shared }).start).toBe(regressed.start);
    expect(logisticVote({ strength: 10 }).fit(references, { rough: true, shared }).start).not.toBe(regressed.start);
    const alone = { ...references, vectors: vectors.slice() };
    const before = logisticVote().fit(alone).scores(queries);
    alone.vectors.set(vectors.subarray(0, dim), dim * 5); // a caller may use its array again
    expect(logisticVote().fit(alone).scores(queries)).not.toEqual(before);
  });

  it("keeps its options, so that a saved reference set decides alike", () => {
    expect(logisticVote({ share: 0.5 }).options).toEqual({ share: 0.5, temperature: 0.05, strength: 30 });
    expect(vote({ temperature: 0.05 }).options).toEqual({ temperature: 0.05 });
  });

  it("refuses options that make no sense, by name", () => {
    expect(() => logisticVote({ share: 0 })).toThrow("`logisticVote.share` must be a finite number above 0; received 0");
    expect(() => logisticVote({ temperature: Number.NaN })).toThrow("`logisticVote.temperature`");
    expect(() => logisticVote({ shares: 1 } as never)).toThrow("shares");
  });
});
