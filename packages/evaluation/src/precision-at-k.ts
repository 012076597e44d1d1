import { positiveInteger } from "@quaterion/core";
import { foundWithin, type RetrievalMetric } from "./retrieval-metric.js";

/**
 * Precision at k: relevant items among the first k, divided by k, also where fewer than k items are relevant or there at all (as in trec_eval,
 * sentence-transformers and pytorch-metric-learning). Open Metric Learning divides by min(k, R) under the same name.
 */
export function precisionAtK<const K extends number>(k: K): RetrievalMetric<`precision@${K}`> {
  positiveInteger(k, "k");
  return { name: `precision@${k}`, of: (ranking) => foundWithin(ranking, k) / k };
}
