import { InvalidArgumentError } from "@quaterion/core";
import type { Interval } from "./interval.js";

/** Share of right answers. */
export interface Accuracy extends Interval {
  readonly right: number;
}

/** Answers that belong to one class. */
export interface ClassAccuracy extends Accuracy {
  readonly label: string;
  /** Right ones among all answers that named this class; 0 where none did. */
  readonly precision: number;
}

/**
 * Share of answers that are right, with the 95 % Wilson score interval. An answer that is `undefined` (none was given) is wrong.
 * Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.
 * @throws {InvalidArgumentError} when there are no answers, or not as many as truths
 */
export function accuracy(answers: readonly (string | undefined)[], truth: readonly string[]): Accuracy {
  checkPairs(answers, truth);
  return wilson(
    answers.reduce((right, answer, i) => right + (answer === truth[i] ? 1 : 0), 0),
    answers.length,
  );
}

/** The mean of the classes' accuracies: every class counts the same, however many cases it has. */
export function macroAccuracy(answers: readonly (string | undefined)[], truth: readonly string[]): number {
  const table = classTable(answers, truth);
  return table.reduce((sum, { value }) => sum + value, 0) / table.length;
}

/** Accuracy (recall) and precision of each class that is in `truth`, sorted by name. */
export function classTable(answers: readonly (string | undefined)[], truth: readonly string[]): ClassAccuracy[] {
  checkPairs(answers, truth);
  const counts = new Map<string, { n: number; right: number; named: number }>();
  for (const label of truth) counts.set(label, { n: 0, right: 0, named: 0 });
  for (const [i, answer] of answers.entries()) {
    const own = counts.get(truth[i]!)!;
    own.n++;
    if (answer === truth[i]) own.right++;
    const named = answer === undefined ? undefined : counts.get(answer);
    if (named) named.named++;
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, { n, right, named }]) => ({ label, precision: named === 0 ? 0 : right / named, ...wilson(right, n) }));
}

/** The 95 % Wilson score interval of a share. */
export function wilson(right: number, n: number): Accuracy {
  const z = 1.959963984540054;
  const share = right / n;
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return { value: share, low: Math.max(0, centre - half), high: Math.min(1, centre + half), n, right };
}

function checkPairs(answers: readonly unknown[], truth: readonly unknown[]): void {
  if (answers.length === 0 || answers.length !== truth.length) {
    throw new InvalidArgumentError(
      `\`answers\` and \`truth\` must be of one length, at least 1; received ${answers.length} answers and ${truth.length} truths.`,
    );
  }
}
