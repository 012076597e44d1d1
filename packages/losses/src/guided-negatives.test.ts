import type { RelationLoss } from "@quaterion/core/training";
import { lossValue, type PlainRelationBatch, type RelationOracle, relationLossLaws, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { cosine, mean, related, sum } from "../test/plain-math.js";
import { detach } from "./detach.js";
import { guidedNegatives } from "./guided-negatives.js";

const temperature = 0.2;
/** What the guide sees of a row: a part of it, so that it agrees with the model in many things, but not in all. */
const seenBy = (row: readonly number[]) => row.slice(0, 3);

/** The loss with a guide that looks at the batch's own rows. */
const guided = (loss: RelationLoss): RelationLoss => ({
  ...loss,
  compute: (batch, parameters) => {
    const seen = (rows: tf.Tensor2D) => detach(tf.slice2d(rows, [0, 0], [-1, 3]));
    return loss.compute({ ...batch, guide: { anchors: seen(batch.anchors), candidates: seen(batch.candidates) } }, parameters);
  },
});

interface Options {
  lower(guided: number): number;
  contrast: boolean;
}
const oracleOf =
  ({ lower, contrast }: Options): RelationOracle =>
  (batch, _, fixed) => {
    const g = (a: readonly number[], b: readonly number[]) => cosine(seenBy(a), seenBy(b));
    const s = (a: readonly number[], b: readonly number[]) => Math.exp(cosine(a, b) / temperature);
    const similarOf = (j: number) => batch.anchors.flatMap((_, i) => (batch.relations[i]![j] === 1 ? [i] : []));
    const apart = (relations: PlainRelationBatch["relations"], i: number) => relations[i]!.flatMap((one, j) => (one === -1 ? [j] : []));
    const [amongAnchors, amongCandidates] = batch.inBatch
      ? [batch.relations, batch.relations]
      : [batch.amongAnchors!, batch.amongCandidates!];
    return mean(
      batch.anchors.flatMap((a, i) =>
        related(batch, i, 1).map((j) => {
          const c = batch.candidates[j]!;
          const border = (pairs: (readonly [number, number])[]) =>
            Math.min(...pairs.map(([x, y]) => lower(g(fixed.anchors[x]!, fixed.candidates[y]!))));
          const ofAnchor = border(related(batch, i, 1).map((p) => [i, p]));
          const ofCandidate = border(similarOf(j).map((x) => [x, j]));
          const kept = (
            own: readonly number[],
            rows: PlainRelationBatch["anchors"],
            others: number[],
            from: readonly number[],
            limit: number,
          ) =>
            sum(
              others.flatMap((n) =>
                g(from, rows[n]!) <= limit ? [s(own, rows === fixed.anchors ? batch.anchors[n]! : batch.candidates[n]!)] : [],
              ),
            );
          const rivals =
            kept(a, fixed.candidates, related(batch, i, -1), fixed.anchors[i]!, ofAnchor) +
            (contrast ? kept(a, fixed.anchors, apart(amongAnchors, i), fixed.anchors[i]!, ofAnchor) : 0) +
            (contrast ? kept(c, fixed.candidates, apart(amongCandidates, j), fixed.candidates[j]!, ofCandidate) : 0);
          return Math.log1p(rivals / s(a, c));
        }),
      ),
    );
  };

const tried: [string, RelationLoss, RelationOracle][] = [
  ["with anchors and candidates", guidedNegatives({ temperature }), oracleOf({ lower: (g) => g, contrast: true })],
  [
    "documents only, absolute margin",
    guidedNegatives({ temperature, margin: 0.3, contrastAnchors: false, contrastCandidates: false }),
    oracleOf({ lower: (g) => g - 0.3, contrast: false }),
  ],
  [
    "relative margin",
    guidedNegatives({ temperature, margin: 0.3, marginStrategy: "relative" }),
    oracleOf({ lower: (g) => g - 0.3 * Math.abs(g), contrast: true }),
  ],
];

describe("guidedNegatives", () => {
  for (const [name, loss, oracle] of tried) {
    for (const law of relationLossLaws(guided(loss), { oracle })) {
      // A guide that sees equal rows finds them alike, and leaves them out: that is what it is for.
      if (!law.title.includes("equal vectors")) it(`${name}: ${law.title}`, law.run);
    }
  }

  const value = (
    options: object,
    guide: { anchors: number[][]; candidates: number[][] },
    rows = atDegrees(0),
    relations = [[1, -1, -1]],
    candidates = atDegrees(0, 60, 90),
  ) =>
    tf.tidy(() => {
      const mask = (wanted: number) => tf.tensor2d(relations.map((row) => row.map((relation) => (relation === wanted ? 1 : 0))));
      const none = (n: number) => ({ similar: tf.zeros([n, n]) as tf.Tensor2D, dissimilar: tf.zeros([n, n]) as tf.Tensor2D });
      const batch = {
        anchors: tf.tensor2d(rows),
        candidates: tf.tensor2d(candidates),
        similar: mask(1),
        dissimilar: mask(-1),
        amongAnchors: none(rows.length),
        amongCandidates: none(candidates.length),
        guide: { anchors: tf.tensor2d(guide.anchors), candidates: tf.tensor2d(guide.candidates) },
      };
      return lossValue(guidedNegatives({ temperature: 0.5, ...options }), batch, {}).dataSync()[0]!;
    });

  it("gives the value worked by hand, on both sides of the border", async () => {
    await useEngine();
    // Logits 2, 1, 0. The guide finds the pair at 60° (0.5), the first negative at 30° (0.866: out), the second at 90° (0: in): log(1 + e^−2).
    const guide = { anchors: atDegrees(0), candidates: atDegrees(60, 30, 90) };
    expect(value({}, guide)).toBeCloseTo(Math.log1p(Math.exp(-2)), 6);
    // Both in: log(1 + e^−1 + e^−2). With margin 0.3 the border is 0.2, with a relative one of 0.3 it is 0.35: the negative at 0.259 (75°) is in or out.
    const near = { anchors: atDegrees(0), candidates: atDegrees(60, 75, 90) };
    const [both, one] = [Math.log1p(Math.exp(-1) + Math.exp(-2)), Math.log1p(Math.exp(-2))];
    expect(value({}, near)).toBeCloseTo(both, 6);
    expect(value({ margin: 0.3 }, near)).toBeCloseTo(one, 6);
    expect(value({ margin: 0.3, marginStrategy: "relative" }, near)).toBeCloseTo(both, 6);
    expect(value({ margin: 0.6, marginStrategy: "relative" }, near)).toBeCloseTo(one, 6);
  });
  it("lowers a border below zero by a relative margin, too", async () => {
    await useEngine();
    // The pair at 120° (−0.5), negatives at 130° (−0.643) and 180° (−1): the border is −0.5 − 0.5 · 0.5 = −0.75; −0.5 + 0.25 would let both in.
    const guide = { anchors: atDegrees(0), candidates: atDegrees(120, 130, 180) };
    expect(value({ margin: 0.5, marginStrategy: "relative" }, guide)).toBeCloseTo(Math.log1p(Math.exp(-2)), 6);
  });
  it("lets the similar partner that the guide finds least alike decide", async () => {
    await useEngine();
    // Similar at 0° and 60°, which the guide has at 10° and 80° (0.174); the negative at 90° is to it at 45°: out for both pairs, though less alike
    // than the first. Nothing is left to win against.
    const guide = { anchors: atDegrees(0), candidates: atDegrees(10, 80, 45) };
    expect(value({}, guide, atDegrees(0), [[1, 1, -1]])).toBeCloseTo(0, 6);
  });
  it("needs whole batches only where other anchors have a say, and never a memory", () => {
    expect(guidedNegatives()).toMatchObject({ memory: false, wholeBatch: true, needs: ["guide"] });
    expect(guidedNegatives({ contrastAnchors: false }).wholeBatch).toBe(true);
    expect(guidedNegatives({ contrastCandidates: false }).wholeBatch).toBe(true);
    expect(guidedNegatives({ contrastAnchors: false, contrastCandidates: false })).toMatchObject({ memory: false, wholeBatch: false });
  });
  it("says what a batch does not tell", async () => {
    await expect(handValue(guidedNegatives(), atDegrees(0), [[1]], atDegrees(0))).rejects.toThrow(
      "`guidedNegatives` needs a guide model's vectors of the same rows",
    );
    const apart = (options: object) => {
      const loss = guidedNegatives(options);
      const told: RelationLoss = {
        ...loss,
        compute: (batch, parameters) =>
          loss.compute({ ...batch, guide: { anchors: batch.anchors, candidates: batch.candidates } }, parameters),
      };
      return handValue(told, atDegrees(0), [[1]], atDegrees(0));
    };
    await expect(apart({})).rejects.toThrow("`guidedNegatives.contrastAnchors` needs the relations among anchors");
    await expect(apart({ contrastAnchors: false })).rejects.toThrow(
      "`guidedNegatives.contrastCandidates` needs the relations among candidates",
    );
  });
  it("says which option is wrong", () => {
    const made = (options: object) => () => guidedNegatives(options);
    expect(made({ temperature: 0 })).toThrow("`guidedNegatives.temperature`");
    expect(made({ margin: -0.1 })).toThrow("`guidedNegatives.margin`");
    expect(made({ marginStrategy: "ratio" })).toThrow("`guidedNegatives.marginStrategy` must be one of");
    expect(made({ contrastAnchors: 1 })).toThrow("`guidedNegatives.contrastAnchors`");
    expect(made({ contrastCandidates: 1 })).toThrow("`guidedNegatives.contrastCandidates`");
  });
});
