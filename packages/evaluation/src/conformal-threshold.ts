import { fraction, InvalidArgumentError } from "@quaterion/core";

/**
 * The score below which an input is refused as belonging to no known class, so that of known inputs at most `falseAlarms` are: the k-th smallest of
 * the scores of known inputs that were held out, k = ⌊falseAlarms · (n + 1)⌋; −∞ (nothing is refused) where k is 0.
 *
 * The promise holds whatever the scores are distributed like, on average over held-out sets, as long as held-out and later inputs could have changed
 * places: neither was trained on, and both come from the same users. Split conformal prediction: Vovk, Gammerman & Shafer, "Algorithmic learning in a
 * random world", 2005, ch. 2.
 * @param known scores of held-out inputs that belong to a known class; higher is surer
 * @param falseAlarms 0 to 1
 * @throws {InvalidArgumentError} when there are no scores, or one is NaN
 */
export function conformalThreshold(known: ArrayLike<number>, falseAlarms: number): number {
  fraction(falseAlarms, "falseAlarms");
  const scores = Float64Array.from(known);
  const bad = scores.findIndex(Number.isNaN);
  if (scores.length === 0 || bad >= 0)
    throw new InvalidArgumentError(
      `\`known\` must hold at least one score, none of them NaN; received ${bad >= 0 ? `NaN at ${bad}` : "none"}.`,
    );
  // The guard keeps 0.07 · 100 = 7.000000000000001 and 0.29 · 100 = 28.999999999999996 at 7 and 29.
  const k = Math.floor(falseAlarms * (scores.length + 1) + 1e-9);
  return k < 1 ? Number.NEGATIVE_INFINITY : scores.sort()[Math.min(k, scores.length) - 1]!;
}
