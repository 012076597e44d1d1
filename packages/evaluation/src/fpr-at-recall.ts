import { InvalidArgumentError, list } from "@quaterion/core";

/**
 * False positive rate at a recall (FPR95 at 0.95): the threshold is the highest at which at least that share of positives scores at or above it;
 * the result is the share of negatives that do too. No interpolation between thresholds.
 * @param positives scores of what should score high
 * @param negatives scores of what should score low
 * @throws {InvalidArgumentError} when either side is empty or holds NaN, or `recall` is not above 0 and up to 1
 */
export function fprAtRecall(positives: ArrayLike<number>, negatives: ArrayLike<number>, recall = 0.95): number {
  checkScores(positives, "positives");
  checkScores(negatives, "negatives");
  if (!(recall > 0 && recall <= 1)) throw new InvalidArgumentError(`\`recall\` must be a number above 0 and up to 1; received ${recall}.`);
  const descending = Float64Array.from(positives).sort().reverse();
  // The guard keeps 0.55 · 100 = 55.00000000000001 at 55.
  const threshold = descending[Math.ceil(recall * descending.length - 1e-9) - 1]!;
  return Array.from(negatives).filter((score) => score >= threshold).length / negatives.length;
}

function checkScores(scores: ArrayLike<number>, argument: string): void {
  list(scores, argument);
  const bad = Array.from(scores).findIndex(Number.isNaN);
  if (scores.length === 0 || bad >= 0) {
    throw new InvalidArgumentError(
      `\`${argument}\` must hold at least one score, none of them NaN; received ${bad >= 0 ? `NaN at ${bad}` : "none"}.`,
    );
  }
}
