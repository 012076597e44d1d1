import { InvalidArgumentError, shown } from "@quaterion/core";
import { bootstrapInterval } from "./bootstrap-interval.js";
import type { Interval } from "./interval.js";
import type { Ranking } from "./ranking.js";
import type { RetrievalMetric } from "./retrieval-metric.js";

/** Means over queries, by the metric's name. */
export interface RetrievalReport {
  readonly metrics: Readonly<Record<string, Interval>>;
  /** The metric of each query that has one, in order: what a paired test compares. */
  readonly perQuery: Readonly<Record<string, Float64Array>>;
  /** Queries without any relevant item in the gallery: they are in no mean. */
  readonly skipped: number;
}

/**
 * Means of metrics over rankings, with 95 % bootstrap intervals over queries. Reads the rankings once, one at a time.
 * @throws {InvalidArgumentError} when no query has a relevant item
 */
export function evaluateRetrieval(
  rankings: Iterable<Ranking>,
  metrics: readonly RetrievalMetric[],
  { seed = 0 }: { seed?: number } = {},
): RetrievalReport {
  if (typeof rankings?.[Symbol.iterator] !== "function")
    throw new InvalidArgumentError(
      `\`rankings\` must be rankings, as rankings(queries, gallery, …) gives them; received ${shown(rankings)}.`,
    );
  if (!Array.isArray(metrics))
    throw new InvalidArgumentError(`\`metrics\` must be an array of metrics, [recallAtK(1)]; received ${shown(metrics)}.`);
  for (const [i, metric] of metrics.entries()) {
    if (typeof metric?.of !== "function")
      throw new InvalidArgumentError(`\`metrics[${i}]\` must be a metric, such as recallAtK(1); received ${shown(metric)}.`);
  }
  const values = metrics.map((): number[] => []);
  let skipped = 0;
  for (const ranking of rankings) {
    if (ranking.ranks.length === 0) skipped++;
    else for (const [i, metric] of metrics.entries()) values[i]!.push(metric.of(ranking));
  }
  if (values.some((list) => list.length === 0)) {
    throw new InvalidArgumentError(
      `None of the ${skipped} queries has a relevant item in the gallery, so there is nothing to measure. Check that their labels are of one label space, or declare relations.`,
    );
  }
  return {
    metrics: Object.fromEntries(metrics.map(({ name }, i) => [name, bootstrapInterval(values[i]!, { seed })])),
    perQuery: Object.fromEntries(metrics.map(({ name }, i) => [name, Float64Array.from(values[i]!)])),
    skipped,
  };
}
