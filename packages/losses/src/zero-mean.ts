import * as tf from "@tensorflow/tfjs-core";
import { defineRegularizer } from "./regularizer.js";

/**
 * Zero-mean regularizer: keeps the coordinates of each vector balanced around 0. The mean over rows of |Σ_k x_k|.
 * Use it when embeddings drift towards one corner of the space.
 *
 * After the regularizer of the same name of pytorch-metric-learning, which names no paper.
 */
export const zeroMean = defineRegularizer({
  name: "zeroMean",
  defaults: {},
  check: {},
  compute({ rows }) {
    const sums = tf.sum(rows, 1);
    return [{ total: tf.sum(tf.add(tf.relu(sums), tf.relu(tf.neg(sums)))), count: tf.scalar(rows.shape[0]) }];
  },
});
