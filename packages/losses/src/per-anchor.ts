import type { Reducer } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";

/**
 * The mean of each anchor's terms, then the mean over the anchors that have any: an anchor with many pairs weighs as much as one with few.
 * An anchor's weight in the batch applies to the second mean.
 */
export function perAnchor(): Reducer {
  return {
    name: "perAnchor",
    reduce(terms, counted) {
      const batch = terms.shape[0]!;
      const flat = (values: tf.Tensor) => tf.reshape(values, [batch, -1]);
      const counts = tf.sum(flat(counted), 1); // [batch]
      const weight = tf.max(flat(counted), 1);
      const means = tf.div(tf.sum(flat(tf.mul(terms, counted)), 1), tf.add(counts, tf.cast(tf.equal(counts, 0), "float32")));
      return [{ total: tf.sum(tf.mul(means, weight)), count: tf.sum(weight) }];
    },
  };
}
