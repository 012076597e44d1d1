import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { clusterAgreement, kendall, type PairSimilarity, pairClassification, pairSimilarities, pearson, spearman } from "../src/index.js";

/** Values that scikit-learn, scipy and sentence-transformers gave (versions in the file), 7 digits. */
interface Golden {
  clusters: { name: string; labels: number[]; clusters: number[]; result: Record<string, number> }[];
  correlations: { name: string; x: number[]; y: number[]; result: { pearson: number; spearman: number; kendall_tau_b: number } }[];
  pairs: {
    name: string;
    scores: number[];
    labels: number[];
    options: { high_score_more_similar: boolean };
    result: Record<string, number>;
  }[];
  graded: { embeddings1: number[][]; embeddings2: number[][]; gold: number[]; result: Record<string, number> };
}

const golden: Golden = JSON.parse(readFileSync(new URL("fixtures/pairs-and-clusters.json", import.meta.url), "utf8"));

it.each(golden.clusters)("clusters compared with labels are scikit-learn's: $name", ({ labels, clusters, result }) => {
  const found = clusterAgreement(labels, clusters);
  expect(found.normalizedMutualInformation).toBeCloseTo(result["NMI_arithmetic"]!, 6);
  expect(found.adjustedMutualInformation).toBeCloseTo(result["AMI_arithmetic"]!, 6);
  expect(found.adjustedRandIndex).toBeCloseTo(result["ARI"]!, 6);
  expect(found.homogeneity).toBeCloseTo(result["homogeneity"]!, 6);
  expect(found.completeness).toBeCloseTo(result["completeness"]!, 6);
  expect(found.fowlkesMallows).toBeCloseTo(result["fowlkes_mallows"]!, 6);
});

it.each(golden.correlations)("correlations are scipy's: $name", ({ x, y, result }) => {
  expect(pearson(x, y)).toBeCloseTo(result.pearson, 6);
  expect(spearman(x, y)).toBeCloseTo(result.spearman, 6);
  expect(kendall(x, y)).toBeCloseTo(result.kendall_tau_b, 6);
});

it.each<PairSimilarity>(["cosine", "dot", "euclidean", "manhattan"])("graded pairs by %s are sentence-transformers'", (similarity) => {
  const { embeddings1, embeddings2, gold, result } = golden.graded;
  const flat = (rows: number[][]) => Float32Array.from(rows.flat());
  const found = pairSimilarities(flat(embeddings1), flat(embeddings2), embeddings1[0]!.length, similarity);
  expect(pearson(found, gold)).toBeCloseTo(result[`pearson_${similarity}`]!, 5);
  expect(spearman(found, gold)).toBeCloseTo(result[`spearman_${similarity}`]!, 5);
});

describe.each(golden.pairs)("similar pairs told from others: $name", ({ scores, labels, options, result }) => {
  const higher = options.high_score_more_similar ? scores : scores.map((distance) => -distance);
  const found = pairClassification(higher, labels);

  it("has scikit-learn's average precision, and no less than sentence-transformers finds", () => {
    expect(found.averagePrecision).toBeCloseTo(result["ap"]!, 6);
    // Its scan never calls all pairs similar, and cuts through equal scores: what its own thresholds give is compared.
    expect(found.accuracy.value).toBeGreaterThanOrEqual(result["accuracy_recomputed_at_threshold"]! - 1e-6);
    expect(found.f1.value).toBeGreaterThanOrEqual(result["f1_recomputed_at_threshold"]! - 1e-6);
    if (Math.abs(found.f1.value - result["f1"]!) < 1e-6) {
      expect(found.f1.precision).toBeCloseTo(result["precision"]!, 6);
      expect(found.f1.recall).toBeCloseTo(result["recall"]!, 6);
      expect(found.matthews).toBeCloseTo(result["mcc_at_f1_threshold"]!, 6);
    }
  });

  it("is the best of all thresholds, and what the threshold gives", () => {
    const at = (threshold: number) => {
      const called = higher.map((score) => score >= threshold);
      const right = called.filter((is, i) => is && labels[i] === 1).length;
      const positive = called.filter(Boolean).length;
      const all = labels.filter((label) => label === 1).length;
      return { accuracy: called.filter((is, i) => is === (labels[i] === 1)).length / labels.length, f1: (2 * right) / (positive + all) };
    };
    const tries = [...higher, Number.POSITIVE_INFINITY].map(at);
    expect(found.accuracy.value).toBeCloseTo(Math.max(...tries.map(({ accuracy }) => accuracy)), 12);
    expect(found.f1.value).toBeCloseTo(Math.max(...tries.map(({ f1 }) => f1)), 12);
    expect(at(found.accuracy.threshold).accuracy).toBeCloseTo(found.accuracy.value, 12);
    expect(at(found.f1.threshold).f1).toBeCloseTo(found.f1.value, 12);
  });
});
