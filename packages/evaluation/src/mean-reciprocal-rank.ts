import { positiveInteger } from "@quaterion/core";
import type { RetrievalMetric } from "./retrieval-metric.js";

/** Reciprocal rank: 1 / rank of the first relevant item; its mean over queries is the MRR. With `k`, 0 where that rank is above k (MRR@k). */
export function meanReciprocalRank<const K extends number | undefined = undefined>(
  k?: K,
): RetrievalMetric<K extends number ? `MRR@${K}` : "MRR"> {
  type Name = K extends number ? `MRR@${K}` : "MRR";
  if (k !== undefined) positiveInteger(k, "k");
  return {
    name: (k === undefined ? "MRR" : `MRR@${k}`) as Name,
    of: ({ ranks }) => (ranks[0]! <= (k ?? Number.POSITIVE_INFINITY) ? 1 / ranks[0]! : 0),
  };
}
