import { InvalidArgumentError, list } from "@quaterion/core";

/**
 * Area under the ROC curve: the chance that a known input scores above an unknown one, ties counting half.
 *
 * (Σ ranks of the known − k (k + 1) / 2) / (k u), mean ranks for ties. Mann & Whitney, "On a test of whether one of two random variables is
 * stochastically larger than the other", 1947.
 * @param known scores of what should score high
 * @param unknown scores of what should score low
 */
export function auroc(known: ArrayLike<number>, unknown: ArrayLike<number>): number {
  list(known, "known");
  list(unknown, "unknown");
  if (known.length === 0 || unknown.length === 0) {
    throw new InvalidArgumentError(
      `\`known\` and \`unknown\` must hold a score or more each; received ${known.length} and ${unknown.length}.`,
    );
  }
  const all = [...Array.from(known, (score) => ({ score, known: true })), ...Array.from(unknown, (score) => ({ score, known: false }))];
  if (all.some(({ score }) => Number.isNaN(score)))
    throw new InvalidArgumentError("`known` and `unknown` must hold numbers; received NaN.");
  all.sort((a, b) => a.score - b.score);
  let ranks = 0;
  for (let start = 0; start < all.length; ) {
    let end = start;
    while (end < all.length && all[end]!.score === all[start]!.score) end++;
    for (let i = start; i < end; i++) if (all[i]!.known) ranks += (start + end + 1) / 2;
    start = end;
  }
  return (ranks - (known.length * (known.length + 1)) / 2) / (known.length * unknown.length);
}
