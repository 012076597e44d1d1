import type { RelationSpace } from "../relations.js";

/** Share of each label's rows that were answered with each label of another space, of those that were answered; `[labels, others]`. */
export function answerShares(
  { labels, classes }: RelationSpace,
  others: RelationSpace,
  answers: readonly (string | undefined)[],
): Float64Array {
  const width = others.labels.length;
  const numbers = new Map(others.labels.map((label, i) => [label, i]));
  const counts = new Float64Array(labels.length * width);
  const totals = new Float64Array(labels.length);
  for (const [row, c] of classes.entries()) {
    const answer = answers[row];
    if (c < 0 || answer === undefined) continue;
    counts[c * width + numbers.get(answer)!]!++;
    totals[c]!++;
  }
  return counts.map((count, at) => count / (totals[Math.floor(at / width)]! || 1));
}
