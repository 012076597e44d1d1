import { positiveInteger } from "@quaterion/core";
import { checkConfidences } from "./expected-calibration-error.js";
import { type Interval, wilsonInterval } from "./interval.js";

/** Answers of about one confidence. */
export interface ReliabilityBin {
  /** Confidences of the bin: above `from`, up to `to`. */
  readonly from: number;
  readonly to: number;
  /** Mean confidence of its answers. */
  readonly confidence: number;
  /** Share of them that were right, with its 95 % interval: a calibrated model's holds the mean confidence. */
  readonly right: Interval;
}

/**
 * A reliability diagram as a table: answers in bins by confidence, how sure they were and how many were right. Bins without answers are left out.
 * DeGroot & Fienberg, "The comparison and evaluation of forecasters", The Statistician 1983.
 * @param confidences 0 to 1, one for each answer
 * @param right whether each answer is right
 * @throws {InvalidArgumentError} when they are not of one length, at least 1, or a confidence lies outside
 */
export function reliability(confidences: ArrayLike<number>, right: ArrayLike<boolean>, bins = 10): ReliabilityBin[] {
  positiveInteger(bins, "bins");
  checkConfidences(confidences, right);
  const found = Array.from({ length: bins }, () => ({ n: 0, sum: 0, hits: 0 }));
  for (let i = 0; i < confidences.length; i++) {
    const bin = found[Math.max(0, Math.ceil(confidences[i]! * bins) - 1)]!;
    bin.n++;
    bin.sum += confidences[i]!;
    bin.hits += right[i] ? 1 : 0;
  }
  return found.flatMap(({ n, sum, hits }, b) =>
    n === 0 ? [] : [{ from: b / bins, to: (b + 1) / bins, confidence: sum / n, right: wilsonInterval(hits, n) }],
  );
}
