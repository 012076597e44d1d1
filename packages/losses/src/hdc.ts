import { type Check, checkOptions, reject } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Miner } from "./miner.js";

const far = 1e9;
/** Share of a distance within which float32 can't tell two apart. */
const rounding = 1e-6;

const share: Check<number> = (value, argument) =>
  typeof value === "number" && value > 0 && value <= 1 ? value : reject(argument, "a number above 0 and at most 1", value);

export interface HdcOptions {
  /** The share of each kind of pairs that stays, rounded up; 0.5. */
  fraction?: number | undefined;
}

/**
 * The miner that keeps the hardest share of all pairs of the batch: the farthest of the similar and the nearest of the dissimilar ones; all that
 * tie with the last one stay too. It compares pairs of different anchors, so a loss with it takes whole batches only. Sorts the pairs.
 *
 * Yuan, Yang & Zhang, "Hard-aware deeply cascaded embedding" (HDC), ICCV 2017, section 3.2, where each cascade has a fraction of its own.
 * @throws {InvalidArgumentError} when `fraction` is not above 0 and at most 1
 */
export function hdc(options: HdcOptions = {}): Miner {
  checkOptions("hdc", options, { fraction: share });
  const { fraction = 0.5 } = options;
  return {
    name: `hdc(${fraction})`,
    wholeBatch: true,
    pairs: (distances, { similar, dissimilar }) => ({
      similar: greatestShare(distances, similar, fraction),
      dissimilar: greatestShare(tf.neg(distances), dissimilar, fraction),
    }),
  };
}

function greatestShare(values: tf.Tensor2D, mask: tf.Tensor2D, fraction: number): tf.Tensor2D {
  const known = tf.sub(tf.mul(values, mask), tf.mul(far, tf.sub(1, mask)));
  const descending = tf.topk(tf.reshape(known, [-1]), known.size).values;
  // A millionth less, or a product that is whole in exact numbers would be rounded up.
  const wanted = tf.ceil(tf.mul(tf.sum(mask), fraction * (1 - 1e-6)));
  const last = tf.cast(tf.maximum(tf.sub(wanted, 1), 0), "int32");
  const border = tf.gather(descending, tf.reshape(last, [1])); // [1]
  return tf.mul(mask, tf.cast(tf.greaterEqual(values, tf.sub(border, tf.mul(rounding, tf.abs(border)))), "float32"));
}
