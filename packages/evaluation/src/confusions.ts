import { type LabelId, spaceOf } from "@quaterion/core";
import { accuracy } from "./accuracy.js";

/** A class, and another that it was taken for. */
export interface Confusion<Label> {
  readonly truth: Label;
  readonly answer: Label;
  readonly count: number;
  /** Of the samples of the class. */
  readonly share: number;
}

/**
 * Which class was taken for which, the most often first.
 * @throws {InvalidArgumentError} when the lengths differ or there is nothing to count
 */
export function confusions<Label>(answers: readonly Label[], truth: readonly Label[]): Confusion<Label>[] {
  accuracy(answers, truth); // checks the lengths
  const samples = new Map<Label, number>();
  const counts = new Map<Label, Map<Label, number>>();
  for (const [row, label] of truth.entries()) {
    samples.set(label, (samples.get(label) ?? 0) + 1);
    if (answers[row] === label) continue;
    const taken = counts.get(label) ?? new Map<Label, number>();
    taken.set(answers[row]!, (taken.get(answers[row]!) ?? 0) + 1);
    counts.set(label, taken);
  }
  return [...counts]
    .flatMap(([label, taken]) => [...taken].map(([answer, count]) => ({ truth: label, answer, count, share: count / samples.get(label)! })))
    .sort((a, b) => b.count - a.count || b.share - a.share);
}

/** Where the queries of each label space were answered. */
export interface SpaceConfusion {
  /** Names of all spaces, sorted. */
  readonly spaces: readonly string[];
  /** Queries of a space (row) that were answered with a label of another (column), `[spaces][spaces]`. */
  readonly counts: readonly (readonly number[])[];
}

/**
 * How many queries of each label space were answered with a label of which space, on one gallery of all.
 * @param answers label ids
 * @throws {InvalidArgumentError} when the lengths differ or there is nothing to count
 */
export function spaceConfusion(answers: readonly LabelId[], truth: readonly LabelId[]): SpaceConfusion {
  accuracy(answers, truth); // checks the lengths
  const spaces = [...new Set([...truth, ...answers].map(spaceOf))].sort();
  const numbers = new Map(spaces.map((space, i) => [space, i]));
  const counts = spaces.map(() => spaces.map(() => 0));
  for (const [row, label] of truth.entries()) counts[numbers.get(spaceOf(label))!]![numbers.get(spaceOf(answers[row]!))!]!++;
  return { spaces, counts };
}
