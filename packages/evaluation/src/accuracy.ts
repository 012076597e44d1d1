import { InvalidArgumentError, shown } from "@quaterion/core";
import { type Interval, wilsonInterval } from "./interval.js";

/** How often answers were right. */
export interface Accuracy extends Interval {
  readonly right: number;
}

/**
 * Share of answers that are right, with its 95 % Wilson interval.
 * @param answers what was answered; anything that `===` compares
 * @param truth what is right, in the same order
 * @throws {InvalidArgumentError} when the lengths differ or there is nothing to count
 */
export function accuracy<Label>(answers: readonly Label[], truth: readonly Label[], confidence = 0.95): Accuracy {
  checkSameLength(answers, truth);
  const right = answers.reduce((sum, answer, i) => sum + (answer === truth[i] ? 1 : 0), 0);
  return { ...wilsonInterval(right, answers.length, confidence), right };
}

/** Mean over the classes of the share of right answers: each class counts the same, however many samples it has. */
export function macroAccuracy<Label>(answers: readonly Label[], truth: readonly Label[]): number {
  const table = perClass(answers, truth);
  return table.reduce((sum, { recall }) => sum + recall, 0) / table.length;
}

/**
 * Mean over the classes of the truth of F1, the harmonic mean of precision and recall: scikit-learn's `f1_score(average="macro")` over those classes.
 * (Micro-averaged F1 is the accuracy, where each query has one answer.)
 */
export function macroF1<Label>(answers: readonly Label[], truth: readonly Label[]): number {
  const table = perClass(answers, truth);
  return table.reduce((sum, { f1 }) => sum + f1, 0) / table.length;
}

/** How one class fared. */
export interface ClassAccuracy<Label> {
  readonly label: Label;
  /** Samples of the class. */
  readonly n: number;
  /** Share of them that were answered right. */
  readonly recall: number;
  /** Share of the answers of this class that were right; undefined where it was never answered. */
  readonly precision: number | undefined;
  /** 2 P R / (P + R) of precision and recall; 0 where nothing was answered right. */
  readonly f1: number;
  /** The wrong answer that was given most often for it. */
  readonly confusedWith: Label | undefined;
}

/** Each class of the truth, the worst recall first. */
export function perClass<Label>(answers: readonly Label[], truth: readonly Label[]): ClassAccuracy<Label>[] {
  checkSameLength(answers, truth);
  const given = new Map<Label, number>();
  for (const answer of answers) given.set(answer, (given.get(answer) ?? 0) + 1);
  const byClass = new Map<Label, Map<Label, number>>();
  for (const [i, label] of truth.entries()) {
    const counts = byClass.get(label) ?? new Map<Label, number>();
    counts.set(answers[i]!, (counts.get(answers[i]!) ?? 0) + 1);
    byClass.set(label, counts);
  }
  const rows = [...byClass].map(([label, counts]) => {
    const n = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const right = counts.get(label) ?? 0;
    const wrong = [...counts].filter(([answer]) => answer !== label).sort(([, a], [, b]) => b - a);
    const answered = given.get(label) ?? 0;
    return {
      label,
      n,
      recall: right / n,
      precision: answered > 0 ? right / answered : undefined,
      f1: (2 * right) / (n + answered),
      confusedWith: wrong[0]?.[0],
    };
  });
  return rows.sort((a, b) => a.recall - b.recall);
}

function checkSameLength(answers: readonly unknown[], truth: readonly unknown[]): void {
  for (const [name, labels] of Object.entries({ answers, truth })) {
    if (!Array.isArray(labels)) throw new InvalidArgumentError(`\`${name}\` must be an array of labels; received ${shown(labels)}.`);
  }
  if (answers.length !== truth.length || answers.length === 0) {
    throw new InvalidArgumentError(
      `\`answers\` and \`truth\` must hold one label for each query, at least one; received ${answers.length} and ${truth.length}.`,
    );
  }
}
