import { oneOf, positiveInteger } from "@quaterion/core";
import { foundWithin, type RetrievalMetric, summedPrecision } from "./retrieval-metric.js";

/** What the sum is divided by: all relevant items (R), as many of them as fit into the first k, or those that were found. */
export type AveragePrecisionDivisor = "relevant" | "reachable" | "found";

type AveragePrecisionName<K, Divisor extends AveragePrecisionDivisor> = K extends number
  ? Divisor extends "relevant"
    ? `MAP@${K}`
    : `MAP@${K} (by ${Divisor})`
  : "MAP";

/**
 * Average precision: Σ of the precision at the rank of each relevant item, divided by R, the number of relevant items; its mean over queries is MAP.
 *
 * With `k`, only the first k count, and "MAP@k" becomes three different numbers in the field: divided by R (`"relevant"`, the default: trec_eval, ranx,
 * pytorch-metric-learning), by min(k, R) (`"reachable"`: sentence-transformers), or by the relevant items found (`"found"`: Open Metric Learning,
 * torchmetrics; one early hit then gives 1, whatever was missed).
 */
export function averagePrecision<
  const K extends number | undefined = undefined,
  const Divisor extends AveragePrecisionDivisor = "relevant",
>(k?: K, divisor: Divisor | "relevant" = "relevant"): RetrievalMetric<AveragePrecisionName<K, Divisor>> {
  if (k !== undefined) positiveInteger(k, "k");
  oneOf(["relevant", "reachable", "found"])(divisor, "divisor");
  const depth = k ?? Number.POSITIVE_INFINITY;
  return {
    name: (k === undefined ? "MAP" : divisor === "relevant" ? `MAP@${k}` : `MAP@${k} (by ${divisor})`) as AveragePrecisionName<K, Divisor>,
    of: (ranking) => {
      const relevant = ranking.ranks.length;
      const by = divisor === "relevant" ? relevant : divisor === "reachable" ? Math.min(depth, relevant) : foundWithin(ranking, depth);
      return by === 0 ? 0 : summedPrecision(ranking, depth) / by;
    },
  };
}
