import { type Check, checkOptions, InvalidArgumentError, oneOf, reject } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { farthest, greatest, least, nearest } from "./extremes.js";
import type { Miner } from "./miner.js";

type Strategy = "easy" | "semiHard" | "hard" | "all";
const strategy = oneOf(["easy", "semiHard", "hard", "all"]);

const range: Check<readonly [number, number]> = (value, argument) =>
  Array.isArray(value) && value.length === 2 && value.every(Number.isFinite) && value[0] <= value[1]
    ? (value as [number, number])
    : reject(argument, "[lowest, highest] distance, two finite numbers in order", value);

export interface BatchEasyHardOptions {
  /** Which similar sample stays: the nearest (`"easy"`, default), the farthest (`"hard"`), the farthest that is nearer than the negative, or all. */
  positive?: Strategy | undefined;
  /** Which dissimilar sample stays: the nearest beyond the positive (`"semiHard"`, default), the nearest (`"hard"`), the farthest (`"easy"`), or all. */
  negative?: Strategy | undefined;
  /** Distances that a similar, or a dissimilar, pair may have at all, borders included; any. */
  positiveRange?: readonly [lowest: number, highest: number] | undefined;
  negativeRange?: readonly [lowest: number, highest: number] | undefined;
}

/**
 * The miner that keeps one similar and one dissimilar sample of each anchor, each kind by a strategy of its own; those that tie are all kept. An
 * anchor for which one of them is missing keeps none, but where the other kind is `"all"`. `"semiHard"` depends on the sample that was chosen of
 * the other kind: not both, and not beside `"all"`. The default, easy positives, lets a class lie in several clusters.
 *
 * Xuan, Stylianou & Pless, "Improved embeddings with easy positive triplet mining", WACV 2020, section 3; pytorch-metric-learning's
 * BatchEasyHardMiner.
 * @throws {InvalidArgumentError} for a strategy that there is not, a wrong pair of them, or a range that is not two finite numbers in order
 */
export function batchEasyHard(options: BatchEasyHardOptions = {}): Miner {
  checkOptions("batchEasyHard", options, { positive: strategy, negative: strategy, positiveRange: range, negativeRange: range });
  const { positive = "easy", negative = "semiHard", positiveRange, negativeRange } = options;
  const given: readonly Strategy[] = [positive, negative];
  if (given.includes("semiHard") && (positive === negative || given.includes("all"))) {
    throw new InvalidArgumentError(
      `\`batchEasyHard\`: "semiHard" needs one sample of the other kind to compare with; received positive "${positive}", negative "${negative}". Make the other "easy" or "hard".`,
    );
  }
  const one = !given.includes("all");
  const ranges = [positiveRange, negativeRange].map((pair) => (pair ? `[${pair}]` : "any"));
  return {
    name: `batchEasyHard(${positive}, ${negative}, ${ranges.join(", ")})`,
    onePerAnchor: one,
    pairs(distances, { similar, dissimilar }) {
      const positives = inRange(distances, similar, positiveRange);
      const negatives = inRange(distances, dissimilar, negativeRange);
      const plain = {
        similar: positive === "easy" ? nearest(distances, positives) : positive === "all" ? positives : farthest(distances, positives),
        dissimilar: negative === "easy" ? farthest(distances, negatives) : negative === "all" ? negatives : nearest(distances, negatives),
      };
      const kept = { ...plain };
      if (positive === "semiHard") {
        const nearer = tf.cast(tf.less(distances, least(distances, plain.dissimilar)), "float32");
        kept.similar = farthest(distances, tf.mul(positives, nearer));
      }
      if (negative === "semiHard") {
        const beyond = tf.cast(tf.greater(distances, greatest(distances, plain.similar)), "float32");
        kept.dissimilar = nearest(distances, tf.mul(negatives, beyond));
      }
      if (!one) return kept;
      const both = tf.mul(tf.max(kept.similar, 1, true), tf.max(kept.dissimilar, 1, true)); // [batch, 1]
      return { similar: tf.mul(both, kept.similar), dissimilar: tf.mul(both, kept.dissimilar) };
    },
  };
}

function inRange(distances: tf.Tensor2D, mask: tf.Tensor2D, limits: readonly [number, number] | undefined): tf.Tensor2D {
  if (limits === undefined) return mask;
  const within = tf.logicalAnd(tf.greaterEqual(distances, limits[0]), tf.lessEqual(distances, limits[1]));
  return tf.mul(mask, tf.cast(within, "float32"));
}
