import type { DecisiveReference } from "./answer.js";
import type { Decider } from "./decider.js";

/** What each reference adds to the score of class `classIndex`, the largest shares first; all references, also those that add nothing. */
export function decisiveReferences<Value>(
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
