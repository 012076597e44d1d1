import { positiveInteger } from "@quaterion/core";
import { foundWithin, type RetrievalMetric } from "./retrieval-metric.js";

/**
 * Recall at k: relevant items among the first k, divided by R, all relevant items of the gallery. sentence-transformers and trec_eval mean this.
 * In image retrieval papers and TensorFlow Similarity "recall@k" is another number: whether any of the first k is relevant, {@link hitRateAtK} here.
 */
export function recallAtK<const K extends number>(k: K): RetrievalMetric<`recall@${K}`> {
  positiveInteger(k, "k");
  return { name: `recall@${k}`, of: (ranking) => foundWithin(ranking, k) / ranking.ranks.length };
}
