import type { RelationLoss } from "@quaterion/core/training";
import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import * as losses from "../src/index.js";
import { expectGolden, type GoldenCase, goldenCases, masks, type Rows, relationResult } from "./golden-case.js";

const all = goldenCases("sentence-transformers.json");

/** Why a case has no counterpart among our options. */
function uncovered({ name, options }: GoldenCase): string | undefined {
  if (options.directions) return "no such directions";
  if (options.hardness_mode) return "no hardness weighting";
  if (/MANHATTAN/.test(String(options.distance_metric))) return "no such distance";
  if (/soft_labels/.test(name)) return "graded labels are not relations";
  return undefined;
}

/** Rows without a second row of their class. */
const lonely = (labels: number[]) => labels.flatMap((label, i) => (labels.filter((other) => other === label).length === 1 ? [i] : []));

/** Where the peer is wrong or arbitrary, and what is held instead. */
function quirk({ name, loss_class, inputs, nonfinite }: GoldenCase): "nan" | "lonely" | "ties" | "shifted" | undefined {
  if (nonfinite) return "nan";
  if (/BatchHard(SoftMargin)?TripletLoss/.test(loss_class) && lonely(inputs.labels).length > 0) return "lonely";
  if (/Batch(Semi)?Hard.*duplicates/.test(name) && !name.startsWith("BatchAll")) return "ties";
  if (name === "Contrastive/Siamese.EUCLIDEAN/duplicates") return "shifted";
  return undefined;
}

const distances: Record<string, losses.PairFunction> = {
  "Siamese.COSINE_DISTANCE": losses.cosineDistances,
  "Siamese.EUCLIDEAN": losses.euclideanDistances,
  "Triplet.COSINE": losses.cosineDistances,
  "Triplet.EUCLIDEAN": losses.euclideanDistances,
  "BatchHard.euclidean": losses.euclideanDistances,
  "BatchHard.cosine": losses.cosineDistances,
};

function lossOf({ loss_class, options }: GoldenCase): RelationLoss {
  const o = options as Record<string, number | undefined>;
  const metric = options.distance_metric === undefined ? undefined : distances[options.distance_metric as string]!;
  const batchTriplet = { distances: metric ?? losses.euclideanDistances, margin: o.margin ?? 5 };
  switch (loss_class) {
    case "MultipleNegativesRankingLoss":
    case "CachedMultipleNegativesRankingLoss":
      return losses.multipleNegativesRanking({
        scale: o.scale,
        ...(options.similarity_fct === "dot_score" && { similarities: losses.dotProducts }),
      });
    case "MultipleNegativesSymmetricRankingLoss":
    case "CachedMultipleNegativesSymmetricRankingLoss":
      return losses.multipleNegativesRanking({ scale: o.scale, symmetric: true });
    case "ContrastiveLoss":
      return losses.contrastive({ distances: metric, margin: o.margin, ...(options.size_average === false && { reducer: losses.sum() }) });
    case "TripletLoss":
      return losses.tripletMargin({ distances: metric ?? losses.euclideanDistances, margin: o.triplet_margin ?? 5, average: "every" });
    case "BatchAllTripletLoss":
      return losses.tripletMargin(batchTriplet);
    case "BatchHardTripletLoss":
      return losses.tripletMargin({ ...batchTriplet, miner: losses.hard(), average: "every" });
    case "BatchSemiHardTripletLoss":
      return losses.tripletMargin({ ...batchTriplet, miner: losses.semiHard(), average: "every" });
    case "BatchHardSoftMarginTripletLoss":
      return losses.tripletMargin({ distances: batchTriplet.distances, miner: losses.hard(), soft: true });
  }
  throw new Error(`no loss for ${loss_class}`);
}

function run(golden: GoldenCase): { loss: number; grads: Rows[] } {
  const { columns, labels } = golden.inputs;
  const loss = lossOf(golden);
  const b = columns[0]!.length;
  if (columns.length === 1) {
    const relation = (i: number, j: number) => (i === j ? 0 : labels[i] === labels[j] ? 1 : -1);
    return relationResult(loss, columns, (rows) => ({ anchors: rows!, candidates: rows!, ...masks(b, b, relation) }));
  }
  const pairwise = golden.loss_class === "ContrastiveLoss" || golden.loss_class === "TripletLoss";
  const relation = (i: number, j: number) => {
    if (golden.loss_class === "ContrastiveLoss") return i === j ? 2 * labels[i]! - 1 : 0;
    if (j === i) return 1;
    return pairwise ? (j === i + b ? -1 : 0) : -1;
  };
  return relationResult(loss, columns, (anchors, ...others) => ({
    anchors: anchors!,
    candidates: tf.concat(others, 0),
    ...masks(b, b * others.length, relation),
  }));
}

describe("equals sentence-transformers, value and gradient", () => {
  beforeAll(() => useEngine());

  const covered = all.filter((one) => uncovered(one) === undefined);

  for (const golden of covered.filter((one) => quirk(one) === undefined)) {
    it(golden.name, () => expectGolden(golden, run(golden), golden.grads.columns!));
  }

  for (const golden of covered.filter((one) => quirk(one) === "nan")) {
    it(`${golden.name}: has a finite gradient where the peer's is NaN`, () => {
      const { loss, grads } = run(golden);
      expect(Math.abs(loss - golden.loss)).toBeLessThanOrEqual(2e-5 * golden.loss);
      expect(grads.flat(2).every(Number.isFinite)).toBe(true);
    });
  }

  for (const golden of covered.filter((one) => quirk(one) === "ties")) {
    it(`${golden.name}: equal rows share what the peer gives to the first of them`, () => {
      const rows = golden.inputs.columns[0]!;
      const { loss, grads } = run(golden);
      const shared = (gradient: Rows) =>
        rows.map((row) => {
          const equal = gradient.filter((_, i) => String(rows[i]) === String(row));
          return row.map((_, k) => equal.reduce((sum, one) => sum + one[k]!, 0));
        });
      expectGolden(golden, { loss, grads: [shared(grads[0]!)] }, [shared(golden.grads.columns![0]!)]);
    });
  }

  for (const golden of covered.filter((one) => quirk(one) === "shifted")) {
    it(`${golden.name}: equal rows have distance 0 and no direction, where the peer adds 1e-6 to every coordinate`, () => {
      const [first, second] = golden.inputs.columns;
      const { loss, grads } = run(golden);
      expect(Math.abs(loss - golden.loss)).toBeLessThanOrEqual(1e-5 * golden.loss);
      const equal = first!.map((row, i) => String(row) === String(second![i]));
      expect(equal).toContain(true);
      const without = (columns: Rows[]) => columns.map((rows) => rows.map((row, i) => (equal[i] ? row.map(() => 0) : row)));
      expect(without(grads)).toEqual(grads);
      expectGolden({ ...golden, loss }, { loss, grads }, without(golden.grads.columns!));
    });
  }

  for (const golden of covered.filter((one) => quirk(one) === "lonely")) {
    it(`${golden.name}: leaves out anchors without a positive, which the peer keeps at distance 0`, () => {
      const rows = golden.inputs.columns[0]!;
      const { labels } = golden.inputs;
      const { loss } = run(golden);
      const dot = (a: number[], b: number[]) => a.reduce((sum, x, k) => sum + x * b[k]!, 0);
      const cosine = /cosine/.test(golden.name);
      const distance = (a: number[], b: number[]) =>
        cosine ? 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)) : Math.hypot(...a.map((x, k) => x - b[k]!));
      const margin = golden.options.margin as number | undefined;
      const cost = (excess: number) => (margin === undefined ? Math.log1p(Math.exp(excess)) : Math.max(0, excess + margin));
      const alone = lonely(labels);
      const added = alone.map((i) => cost(-Math.min(...rows.filter((_, j) => j !== i).map((row) => distance(rows[i]!, row)))));
      const peer = (loss * (rows.length - alone.length) + added.reduce((a, b) => a + b)) / rows.length;
      expect(Math.abs(peer - golden.loss)).toBeLessThanOrEqual(1e-5 * golden.loss);
    });
  }

  it("leaves out only what our options do not have", () => {
    const reasons: Record<string, number> = {};
    for (const golden of all) {
      const reason = uncovered(golden);
      if (reason) reasons[reason] = (reasons[reason] ?? 0) + 1;
    }
    expect(reasons).toEqual({
      "graded labels are not relations": 1,
      "no hardness weighting": 3,
      "no such directions": 6,
      "no such distance": 4,
    });
  });
});
