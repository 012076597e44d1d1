import type { Ranking } from "./ranking.js";

/** A number for one ranking, 0 to 1, higher is better. Queries without a relevant item have none: they are left out of means, and counted. */
export interface RetrievalMetric<Name extends string = string> {
  readonly name: Name;
  /** @param ranking has at least one relevant item */
  of(ranking: Ranking): number;
}

/** How many relevant items stand among the first k. */
export function foundWithin({ ranks }: Ranking, k: number): number {
  let low = 0;
  let high = ranks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranks[middle]! <= k) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Σ over relevant items within the first k of the precision at their rank. */
export function summedPrecision(ranking: Ranking, k: number): number {
  let sum = 0;
  for (let i = 0; i < ranking.ranks.length && ranking.ranks[i]! <= k; i++) sum += (i + 1) / ranking.ranks[i]!;
  return sum;
}
