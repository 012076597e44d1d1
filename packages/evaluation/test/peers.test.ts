import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  auroc,
  averagePrecision,
  evaluateRetrieval,
  fprAtRecall,
  hitRateAtK,
  labelRelevance,
  meanAveragePrecisionAtR,
  meanReciprocalRank,
  nDCG,
  precisionAtK,
  type Ranking,
  rankingOf,
  rankings,
  recallAtK,
  rPrecision,
} from "../src/index.js";

/** Values that other libraries gave (versions in the file), 7 digits. */
interface Golden {
  retrieval: {
    name: string;
    scores: number[][];
    graded: number[][];
    relevant: number[][];
    informationRetrieval: Record<string, Record<string, number>>;
    averagePrecision: number[] | null;
    averagePrecisionFoundAt5: number[] | null;
    rPrecision: number[];
    ndcgGraded: Record<string, number[]>;
  }[];
  byLabel: {
    name: string;
    inputs: { query: number[][]; query_labels: number[]; reference?: number[][]; reference_labels?: number[] };
    result: Record<string, number>;
  }[];
  ood: { name: string; inside: number[]; outside: number[]; auroc: number; fpr: Record<string, number> }[];
}

const golden: Golden = JSON.parse(readFileSync(new URL("fixtures/metrics.json", import.meta.url), "utf8"));

/** Rankings of the queries that have a relevant document: the peers' way differs, or leaves the others out as we do. */
function rankingsOf(scores: number[][], grades: number[][]): (Ranking | undefined)[] {
  return scores.map((row, i) => {
    const ranking = rankingOf(
      Float64Array.from(row),
      Float32Array.from(grades[i]!, (grade) => (grade > 0 ? grade : -1)),
    );
    return ranking.ranks.length > 0 ? ranking : undefined;
  });
}

describe.each(golden.retrieval)("on $name", ({ scores, graded, relevant, informationRetrieval, ...values }) => {
  const binary = rankingsOf(scores, relevant);
  const usable = binary.filter((ranking) => ranking !== undefined);

  it.each(["1", "3", "5", "10"])("equals sentence-transformers at %s", (at) => {
    const k = Number(at);
    const metrics = [hitRateAtK(k), precisionAtK(k), recallAtK(k), nDCG(k), meanReciprocalRank(k), averagePrecision(k, "reachable")];
    const names = ["accuracy@k", "precision@k", "recall@k", "ndcg@k", "mrr@k", "map@k"];
    const { metrics: means } = evaluateRetrieval(usable, metrics);
    for (const [i, metric] of metrics.entries())
      expect(means[metric.name]!.value, metric.name).toBeCloseTo(informationRetrieval[names[i]!]![at]!, 6);
  });

  it("equals torchmetrics on R-precision, and average precision where its scores allow", () => {
    const expectEach = (expected: number[] | null, of: (ranking: Ranking) => number) => {
      for (const [i, value] of (expected ?? []).entries()) if (binary[i]) expect(of(binary[i])).toBeCloseTo(value, 6);
    };
    expectEach(values.rPrecision, rPrecision().of);
    expectEach(values.averagePrecision, averagePrecision().of);
    expectEach(values.averagePrecisionFoundAt5, averagePrecision(5, "found").of);
  });

  it("equals scikit-learn on graded nDCG", () => {
    for (const [at, expected] of Object.entries(values.ndcgGraded)) {
      const metric = at === "all" ? nDCG() : nDCG(Number(at));
      for (const [i, ranking] of rankingsOf(scores, graded).entries())
        if (ranking) expect(metric.of(ranking), at).toBeCloseTo(expected[i]!, 6);
    }
  });
});

it.each(golden.byLabel)("equals pytorch-metric-learning on $name", ({ name, inputs, result }) => {
  const queries = Float32Array.from(inputs.query.flat());
  const own = inputs.reference === undefined;
  const metrics = [averagePrecision(), meanAveragePrecisionAtR(), meanReciprocalRank(), precisionAtK(1), rPrecision()];
  const names = ["mean_average_precision", "mean_average_precision_at_r", "mean_reciprocal_rank", "precision_at_1", "r_precision"];
  const ranked = rankings(queries, own ? queries : Float32Array.from(inputs.reference!.flat()), {
    dim: inputs.query[0]!.length,
    similarity: name.endsWith("CosineSimilarity") ? "cosine" : "euclidean",
    relevance: labelRelevance(inputs.query_labels, inputs.reference_labels ?? inputs.query_labels),
    ...(own && { exclude: "same-row" as const }),
  });
  const { metrics: means } = evaluateRetrieval(ranked, metrics);
  for (const [i, metric] of metrics.entries()) expect(means[metric.name]!.value, metric.name).toBeCloseTo(result[names[i]!]!, 6);
});

it.each(golden.ood)("equals scikit-learn on $name", ({ inside, outside, auroc: area, fpr }) => {
  expect(auroc(inside, outside)).toBeCloseTo(area, 6);
  for (const [recall, expected] of Object.entries(fpr)) expect(fprAtRecall(inside, outside, Number(recall))).toBeCloseTo(expected, 6);
});
