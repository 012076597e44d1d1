import { InvalidArgumentError } from "@quaterion/core";

/**
 * Area under the ROC curve: how likely a positive has a higher score than a negative, equal scores counting one half. 0.5 for chance, 1 for perfect.
 * Mann & Whitney's U, divided by positives × negatives.
 * @throws {InvalidArgumentError} when either side is empty or holds NaN
 */
export function auroc(positives: ArrayLike<number>, negatives: ArrayLike<number>): number {
  checkScores(positives, "positives");
  checkScores(negatives, "negatives");
  const sorted = Float64Array.from(negatives).sort();
  let wins = 0;
  for (let i = 0; i < positives.length; i++)
    wins += (countBelow(sorted, positives[i]!, false) + countBelow(sorted, positives[i]!, true)) / 2;
  return wins / (positives.length * negatives.length);
}

/**
 * False positive rate at a recall (FPR95 at 0.95): the threshold is the highest at which at least that share of positives scores at or above it;
 * the result is the share of negatives that do too. No interpolation between thresholds.
 * @throws {InvalidArgumentError} when either side is empty or holds NaN, or `recall` is not above 0 and up to 1
 */
export function fprAtRecall(positives: ArrayLike<number>, negatives: ArrayLike<number>, recall = 0.95): number {
  checkScores(positives, "positives");
  checkScores(negatives, "negatives");
  if (!(recall > 0 && recall <= 1)) throw new InvalidArgumentError(`\`recall\` must be a number above 0 and up to 1; received ${recall}.`);
  const descending = Float64Array.from(positives).sort().reverse();
  // The guard keeps 0.95 · 20 = 19.000000000000004 at 19.
  const threshold = descending[Math.ceil(recall * descending.length - 1e-9) - 1]!;
  return Array.from(negatives).filter((score) => score >= threshold).length / negatives.length;
}

function checkScores(scores: ArrayLike<number>, argument: string): void {
  const bad = Array.from(scores).findIndex(Number.isNaN);
  if (scores.length === 0 || bad >= 0) {
    throw new InvalidArgumentError(
      `\`${argument}\` must hold at least one score, none of them NaN; received ${bad >= 0 ? `NaN at ${bad}` : "none"}.`,
    );
  }
}

/** How many of ascending numbers are below a value, or not above it. */
function countBelow(sorted: Float64Array, value: number, orEqual: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value || (orEqual && sorted[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}
