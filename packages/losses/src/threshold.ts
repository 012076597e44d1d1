import { checkOptions, finiteNumber, InvalidArgumentError } from "@quaterion/core";
import type { Reducer } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { detach } from "./detach.js";

export interface ThresholdOptions {
  /** Terms of this or less do not count. */
  low?: number | undefined;
  /** Terms of this or more do not count. */
  high?: number | undefined;
}

/**
 * The mean of the terms that count and lie between `low` and `high`, both excluded: leaves out what is learned already, and what is so far off that
 * it is probably mislabelled. At least one of the two; `threshold({ low: 0 })` is `nonZeroMean()` (pytorch-metric-learning's ThresholdReducer).
 * @throws {InvalidArgumentError} when neither is given, one is not a finite number, or `low` is not below `high`
 */
export function threshold(options: ThresholdOptions): Reducer {
  checkOptions("threshold", options, { low: finiteNumber, high: finiteNumber });
  const { low, high } = options ?? {};
  if (low === undefined && high === undefined) {
    throw new InvalidArgumentError("`threshold` needs `low`, `high` or both; received neither. For the mean of all terms use mean().");
  }
  if (low !== undefined && high !== undefined && low >= high) {
    throw new InvalidArgumentError(
      `\`threshold.low\` must be below \`threshold.high\`; received ${low} and ${high}: nothing lies between.`,
    );
  }
  return {
    name: `threshold(${[low !== undefined && `low ${low}`, high !== undefined && `high ${high}`].filter(Boolean).join(", ")})`,
    reduce(terms, counted) {
      const sizes = detach(terms);
      // "Not outside" and not "inside": a term that is NaN must show in the loss.
      let within = counted;
      if (low !== undefined) within = tf.mul(within, tf.cast(tf.logicalNot(tf.lessEqual(sizes, low)), "float32"));
      if (high !== undefined) within = tf.mul(within, tf.cast(tf.logicalNot(tf.greaterEqual(sizes, high)), "float32"));
      return [{ total: tf.sum(tf.mul(terms, within)), count: tf.sum(within) }];
    },
  };
}
