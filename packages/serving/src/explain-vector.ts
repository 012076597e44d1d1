import type { Answer, DecisivePart, DecisiveReference, Explanation } from "./answer.js";
import type { Decider } from "./decider.js";

/**
 * Why a decider answered an input.
 * @param units `[1 + parts, dim]`: the input, and the input without each part
 * @param most references that are named
 */
export function explanation<Value>(
  decider: Decider,
  answer: Answer,
  units: Float32Array,
  partNames: readonly string[],
  most: number,
): Explanation<Value> {
  const { dim } = decider.entries;
  const classIndex = decider.groups.findIndex((group) => group[0] === answer.label);
  const { references, total, unit } = decisiveReferences<Value>(decider, units.subarray(0, dim), classIndex);
  const parts = decisiveParts(decider, partNames, units.subarray(dim), classIndex, answer.score);
  return { answer, total, unit, references: references.filter(({ amount }) => amount !== 0).slice(0, most), parts };
}

/** What each reference adds to the score of class `classIndex`, the largest shares first; all references, also those that add nothing. */
function decisiveReferences<Value>(
  decider: Decider,
  query: Float32Array,
  classIndex: number,
): { references: DecisiveReference<Value>[]; total: number; unit: "score" | "votes" } {
  const { vectors, dim, classes } = decider.entries;
  const { amounts, total, unit } = decider.scorer.contributions(query, classIndex);
  const all = amounts.reduce((sum, amount) => sum + Math.abs(amount), 0) || 1;
  const references = decider.owners.map((owner, row) => {
    let similarity = 0;
    for (let k = 0; k < dim; k++) similarity += vectors[row * dim + k]! * query[k]!;
    const amount = amounts[row]!;
    const group = decider.groups[classes[row]!]!;
    const label = owner.labels.find((own) => group.includes(own))!;
    return { id: owner.id, value: owner.value as Value | undefined, label, similarity, amount, share: amount / all };
  });
  references.sort((a, b) => Math.abs(b.share) - Math.abs(a.share));
  return { references, total, unit };
}

/**
 * What leaving each part of an input out does to the score of class `classIndex`, the largest changes first.
 * @param without `[parts, dim]`: the input without each part
 * @param score that of the whole input
 */
function decisiveParts(
  decider: Decider,
  names: readonly string[],
  without: Float32Array,
  classIndex: number,
  score: number,
): DecisivePart[] {
  if (names.length === 0) return [];
  const scores = decider.scorer.scores(without);
  const classCount = decider.groups.length;
  const parts = names.map((name, i) => {
    const row = scores.subarray(i * classCount, (i + 1) * classCount);
    return { name, change: score - row[classIndex]!, probability: decider.probabilities(row)[classIndex]! };
  });
  return parts.sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
}
