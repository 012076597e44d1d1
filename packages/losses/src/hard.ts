import * as tf from "@tensorflow/tfjs-core";
import type { Miner } from "./miner.js";

/** Above any distance that float32 embeddings have, and small enough that adding it to one loses nothing that matters. */
const far = 1e9;

/**
 * The miner that keeps each anchor's farthest similar and nearest dissimilar sample ("batch hard"); those that tie are all kept.
 * Hermans, Beyer & Leibe, "In defense of the triplet loss for person re-identification", 2017, eq. 5.
 */
export function hard(): Miner {
  return {
    name: "hard",
    onePerAnchor: true,
    pairs(distances, { similar, dissimilar }) {
      const positives = tf.sub(tf.mul(distances, similar), tf.mul(far, tf.sub(1, similar)));
      const negatives = tf.add(tf.mul(distances, dissimilar), tf.mul(far, tf.sub(1, dissimilar)));
      const farthest = tf.cast(tf.greaterEqual(positives, tf.max(positives, 1, true)), "float32");
      const nearest = tf.cast(tf.lessEqual(negatives, tf.min(negatives, 1, true)), "float32");
      return { similar: tf.mul(similar, farthest), dissimilar: tf.mul(dissimilar, nearest) };
    },
  };
}
