import * as tf from "@tensorflow/tfjs-core";
import type { Miner } from "./miner.js";

const far = 1e9;

/**
 * The miner that gives every similar pair one negative: the nearest that is farther from the anchor than the positive, or, where none is, the
 * farthest of all. Negatives that tie share the pair.
 *
 * Schroff, Kalenichenko & Philbin, "FaceNet: a unified embedding for face recognition and clustering", CVPR 2015, section 3.2, eq. 4; what to
 * do where no negative is farther is not in the paper (this is what TensorFlow Addons and sentence-transformers do).
 */
export function semiHard(): Miner {
  return {
    name: "semiHard",
    pairs: (_, masks) => masks,
    triplets(gaps, allowed) {
      const outside = tf.mul(allowed, tf.cast(tf.greater(gaps, 0), "float32"));
      const outsideGaps = tf.add(tf.mul(gaps, outside), tf.mul(far, tf.sub(1, outside)));
      const nearest = tf.mul(outside, tf.cast(tf.lessEqual(outsideGaps, tf.min(outsideGaps, 2, true)), "float32"));
      const allowedGaps = tf.sub(tf.mul(gaps, allowed), tf.mul(far, tf.sub(1, allowed)));
      const farthest = tf.mul(allowed, tf.cast(tf.greaterEqual(allowedGaps, tf.max(allowedGaps, 2, true)), "float32"));
      const chosen = tf.add(nearest, tf.mul(farthest, tf.sub(1, tf.max(outside, 2, true))));
      return tf.div(chosen, tf.maximum(tf.sum(chosen, 2, true), 1));
    },
  };
}
