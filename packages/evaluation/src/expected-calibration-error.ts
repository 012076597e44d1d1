import { InvalidArgumentError, list, positiveInteger } from "@quaterion/core";

/**
 * Expected calibration error: answers are put into bins by confidence; Σ over bins of (share of answers) · |accuracy − mean confidence|. 0 is perfect.
 * Bins are (i/bins, (i+1)/bins], 0 itself in the first. Guo et al., "On calibration of modern neural networks", ICML 2017, eq. 3.
 * @param confidences 0 to 1, one for each answer
 * @param right whether each answer is right
 * @throws {InvalidArgumentError} when they are not of one length, at least 1, or a confidence lies outside
 */
export function expectedCalibrationError(confidences: ArrayLike<number>, right: ArrayLike<boolean>, bins = 15): number {
  positiveInteger(bins, "bins");
  checkConfidences(confidences, right);
  const gaps = new Float64Array(bins);
  for (let i = 0; i < confidences.length; i++) {
    const confidence = confidences[i]!;
    gaps[Math.max(0, Math.ceil(confidence * bins) - 1)]! += (right[i] ? 1 : 0) - confidence;
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / confidences.length;
}

/** Checks that there is a confidence from 0 to 1 for each answer. */
export function checkConfidences(confidences: ArrayLike<number>, right: ArrayLike<boolean>): void {
  list(confidences, "confidences");
  list(right, "right");
  if (confidences.length === 0 || confidences.length !== right.length) {
    throw new InvalidArgumentError(
      `\`confidences\` and \`right\` must be of one length, at least 1; received ${confidences.length} and ${right.length}.`,
    );
  }
  for (let i = 0; i < confidences.length; i++) {
    const confidence = confidences[i]!;
    if (!(confidence >= 0 && confidence <= 1))
      throw new InvalidArgumentError(`\`confidences[${i}]\` must be a number from 0 to 1; received ${confidence}.`);
  }
}
