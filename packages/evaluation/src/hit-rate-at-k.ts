import { positiveInteger } from "@quaterion/core";
import type { RetrievalMetric } from "./retrieval-metric.js";

/**
 * Hit rate at k: 1 if any of the first k is relevant, else 0. Also called CMC@k (Open Metric Learning), accuracy@k (sentence-transformers), and,
 * in image retrieval papers and TensorFlow Similarity, recall@k.
 */
export function hitRateAtK<const K extends number>(k: K): RetrievalMetric<`hit rate@${K}`> {
  positiveInteger(k, "k");
  return { name: `hit rate@${k}`, of: ({ ranks }) => (ranks[0]! <= k ? 1 : 0) };
}
