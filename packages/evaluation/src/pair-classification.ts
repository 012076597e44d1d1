import { InvalidArgumentError, list, shown } from "@quaterion/core";

/** The best that a threshold can do, and that threshold: pairs that score as much or more are called similar. */
export interface PairClassification {
  readonly accuracy: { readonly value: number; readonly threshold: number };
  readonly f1: { readonly value: number; readonly threshold: number; readonly precision: number; readonly recall: number };
  /** Matthews' correlation of truth and answers at the threshold of the best F1; 0 where either has one side only. */
  readonly matthews: number;
  /** Σ (recall − recall before) · precision over the thresholds: the area under precision and recall, with no threshold chosen. */
  readonly averagePrecision: number;
}

/**
 * Tells similar pairs from dissimilar ones by their scores: duplicates, paraphrases, matches. The best accuracy and F1 over all thresholds, each with its
 * threshold, the higher one where several are as good; pairs of equal scores fall on one side, so that the threshold gives what is reported. Thresholds chosen
 * on the same pairs flatter: choose them on held-out pairs, and use {@link PairClassification.averagePrecision} to compare models.
 * @param scores higher is more alike: of distances the negative
 * @param similar whether each pair is: true or 1, false or 0
 * @throws {InvalidArgumentError} when lengths differ, a score is not finite, a pair is neither, or all are of one kind
 */
export function pairClassification(scores: ArrayLike<number>, similar: ArrayLike<boolean | number>): PairClassification {
  const count = list(scores, "scores").length;
  if (count !== list(similar, "similar").length)
    throw new InvalidArgumentError(`\`scores\` and \`similar\` must be of one length; received ${count} and ${similar.length}.`);
  const bad = Array.from(scores).findIndex((score) => !Number.isFinite(score));
  if (bad >= 0) throw new InvalidArgumentError(`\`scores[${bad}]\` must be a finite number; received ${scores[bad]}.`);
  const truth = Array.from(similar, (each, i) => {
    if (each === true || each === 1) return true;
    if (each === false || each === 0) return false;
    throw new InvalidArgumentError(`\`similar[${i}]\` must be true or 1, or false or 0; received ${shown(each)}.`);
  });
  const all = truth.filter(Boolean).length;
  if (all === 0 || all === count)
    throw new InvalidArgumentError(`\`similar\` must hold pairs of both kinds; received ${all} similar ones of ${count}.`);
  const order = Array.from({ length: count }, (_, i) => i).sort((i, j) => scores[j]! - scores[i]!);
  const highest = scores[order[0]!]!;
  // Nothing is called similar above the highest score.
  let accuracy = { value: (count - all) / count, threshold: highest + Math.max(1, Math.abs(highest)) };
  let f1 = { value: 0, threshold: accuracy.threshold, precision: 0, recall: 0 };
  let matthews = 0;
  let averagePrecision = 0;
  let right = 0; // similar ones among those called so
  for (let from = 0; from < count; ) {
    const before = right;
    let to = from;
    while (to < count && scores[order[to]!] === scores[order[from]!]) right += Number(truth[order[to++]!]);
    const threshold = to === count ? scores[order[from]!]! : (scores[order[from]!]! + scores[order[to]!]!) / 2;
    const precision = right / to;
    const recall = right / all;
    averagePrecision += ((right - before) / all) * precision;
    const correct = (right + (count - all) - (to - right)) / count;
    if (correct > accuracy.value) accuracy = { value: correct, threshold };
    const both = (2 * right) / (to + all);
    if (both > f1.value) {
      f1 = { value: both, threshold, precision, recall };
      const others = count - all;
      const [wrong, missed] = [to - right, all - right];
      const product = to * (count - to) * all * others;
      matthews = product === 0 ? 0 : (right * (others - wrong) - wrong * missed) / Math.sqrt(product);
    }
    from = to;
  }
  return { accuracy, f1, matthews, averagePrecision };
}
