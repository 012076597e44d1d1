import { type RetrievalMetric, summedPrecision } from "./retrieval-metric.js";

/**
 * MAP@R: Σ of the precision at the rank of each relevant item within the first R, divided by R, the number of relevant items.
 * Musgrave, Belongie & Lim, "A metric learning reality check", ECCV 2020. Not MAP@k for some fixed k: see {@link averagePrecision}.
 */
export function meanAveragePrecisionAtR(): RetrievalMetric<"MAP@R"> {
  return { name: "MAP@R", of: (ranking) => summedPrecision(ranking, ranking.ranks.length) / ranking.ranks.length };
}
