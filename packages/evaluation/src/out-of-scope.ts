import { auroc } from "./auroc.js";
import { fprAtRecall } from "./fpr-at-recall.js";
import { type Interval, wilsonInterval } from "./interval.js";

/** How well scores tell inputs of known classes from those that fit none. */
export interface OutOfScope {
  /** The chance that a known input scores above an unknown one. */
  readonly auroc: number;
  /** Share of the unknown that pass where 95 % of the known do. */
  readonly fprAt95: number;
  /** At the threshold, where one was given: share of the known that are refused (false alarms), and of the unknown. */
  readonly refused?: { readonly threshold: number; readonly known: Interval; readonly unknown: Interval };
}

/**
 * Out-of-scope detection: AUROC, FPR at 95 % recall, and what a refusal threshold does, with 95 % Wilson intervals.
 * @param known scores of inputs of known classes; higher is surer
 * @param unknown scores of inputs that fit no class
 * @param threshold inputs below it are refused: {@link conformalThreshold} on inputs that are neither of these nor trained on
 * @throws {InvalidArgumentError} when either side is empty or holds NaN
 */
export function outOfScope(known: ArrayLike<number>, unknown: ArrayLike<number>, threshold?: number): OutOfScope {
  const figures = { auroc: auroc(known, unknown), fprAt95: fprAtRecall(known, unknown) };
  if (threshold === undefined) return figures;
  const refused = (scores: ArrayLike<number>) =>
    wilsonInterval(Array.from(scores).filter((score) => score < threshold).length, scores.length);
  return { ...figures, refused: { threshold, known: refused(known), unknown: refused(unknown) } };
}
