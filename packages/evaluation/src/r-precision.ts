import { foundWithin, type RetrievalMetric } from "./retrieval-metric.js";

/** R-precision: relevant items among the first R, divided by R, the number of relevant items. Precision and recall are equal there. */
export function rPrecision(): RetrievalMetric<"R-precision"> {
  return { name: "R-precision", of: (ranking) => foundWithin(ranking, ranking.ranks.length) / ranking.ranks.length };
}
