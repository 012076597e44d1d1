import { positiveInteger } from "@quaterion/core";
import type { RetrievalMetric } from "./retrieval-metric.js";

/**
 * nDCG, or nDCG@k: Σ gain / log₂(1 + rank) over relevant items (within the first k), divided by the same sum of the best possible ranking of
 * all relevant items. The gain is linear, 1 for relevance without grades. (Some divide by the best order of what was *found*, so that what was
 * missed costs nothing: TensorFlow Similarity; some use 2^grade − 1.) Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002.
 */
export function nDCG<const K extends number | undefined = undefined>(k?: K): RetrievalMetric<K extends number ? `nDCG@${K}` : "nDCG"> {
  type Name = K extends number ? `nDCG@${K}` : "nDCG";
  if (k !== undefined) positiveInteger(k, "k");
  const depth = k ?? Number.POSITIVE_INFINITY;
  return {
    name: (k === undefined ? "nDCG" : `nDCG@${k}`) as Name,
    of: ({ ranks, gains }) => {
      const best = gains?.slice().sort((a, b) => b - a);
      let sum = 0;
      let ideal = 0;
      for (let i = 0; i < ranks.length; i++) {
        if (ranks[i]! <= depth) sum += (gains?.[i] ?? 1) / Math.log2(1 + ranks[i]!);
        if (i < depth) ideal += (best?.[i] ?? 1) / Math.log2(2 + i);
      }
      return sum / ideal;
    },
  };
}
