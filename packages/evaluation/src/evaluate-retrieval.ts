import { InvalidArgumentError, shown } from "@quaterion/core";
import { bootstrapInterval } from "./bootstrap-interval.js";
import type { Interval } from "./interval.js";
import type { Ranking } from "./ranking.js";
import type { RetrievalMetric } from "./retrieval-metric.js";

/** Names that are known when it is compiled are there for sure; any other may be. */
type ByName<Name extends string, Value> = Readonly<Record<Name, Value>> & Readonly<Record<string, Value>>;

/** Means over queries, by the metric's name. */
export interface RetrievalReport<Name extends string = string> {
  readonly metrics: ByName<Name, Interval>;
  /** The metric of each query that has one, in order: what a paired test compares. */
  readonly perQuery: ByName<Name, Float64Array>;
  /** Queries without any relevant item in the gallery: they are in no mean. */
  readonly skipped: number;
}

/**
 * Means of metrics over rankings, with 95 % bootstrap intervals over queries. Reads the rankings once, one at a time.
 * @throws {InvalidArgumentError} when no query has a relevant item
 */
export function evaluateRetrieval<const Metrics extends readonly RetrievalMetric[]>(
  rankings: Iterable<Ranking>,
  metrics: Metrics,
  { seed = 0 }: { seed?: number } = {},
): RetrievalReport<Metrics[number]["name"]> {
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
  type Names = Metrics[number]["name"];
  return {
    metrics: Object.fromEntries(metrics.map(({ name }, i) => [name, bootstrapInterval(values[i]!, { seed })])) as ByName<Names, Interval>,
    perQuery: Object.fromEntries(metrics.map(({ name }, i) => [name, Float64Array.from(values[i]!)])) as ByName<Names, Float64Array>,
    skipped,
  };
}
