import * as tf from "@tensorflow/tfjs-core";
import { detach } from "./detach.js";
import type { HistogramRange } from "./soft-histograms.js";

/** Where numbers lie in a histogram: between node `bin` and the next, of which the next has `share` and the first the rest. */
export interface Places {
  /** int32, 0 to bins − 1 */
  readonly bin: tf.Tensor1D;
  /** 0 to 1; with a gradient */
  readonly share: tf.Tensor1D;
}

/** Finds the places of numbers in a histogram. */
export function placesIn(values: tf.Tensor1D, { lowest, highest, bins }: HistogramRange): Places {
  const positions = tf.mul(tf.sub(values, lowest), bins / (highest - lowest)); // 0 to bins
  // Clipped as whole numbers, since a NaN has to end up in some bin: what it adds to it is NaN, and shows.
  const below = tf.cast(tf.floor(detach(positions)), "int32");
  const bin: tf.Tensor1D = tf.minimum(tf.maximum(below, tf.scalar(0, "int32")), tf.scalar(bins - 1, "int32"));
  return { bin, share: tf.sub(positions, tf.cast(bin, "float32")) };
}

/**
 * The running sum of a soft histogram of sum 1, `[bins + 1]`: at each node the share of the weight that lies at it or below. All 0 where the weights
 * are. One histogram of all numbers, of many bins; `softHistograms` makes one for each row.
 * @param weight 0 or more, one for each place; constants
 */
export function runningShares({ bin, share }: Places, weight: tf.Tensor1D, { bins }: HistogramRange): tf.Tensor1D {
  const lower = tf.unsortedSegmentSum(tf.mul(weight, tf.sub(1, share)), bin, bins);
  const upper = tf.unsortedSegmentSum(tf.mul(weight, share), bin, bins);
  const none = tf.zeros([1]);
  const total = tf.sum(weight);
  const nodes = tf.add(tf.concat([lower, none]), tf.concat([none, upper]));
  return tf.div(tf.cumsum(nodes), tf.add(total, tf.cast(tf.equal(total, 0), "float32")));
}
