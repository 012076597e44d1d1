import * as tf from "@tensorflow/tfjs-core";
import { defineRegularizer } from "./regularizer.js";

/**
 * Center-invariant regularizer: keeps vectors equally long, so that classes with many samples do not get the longest. The mean over rows of
 * ¼ (|w|² − mean |w|²)².
 * Use it on the class vectors of `softmax` or `largeMarginSoftmax` when classes differ much in size.
 *
 * Wu, Liu, Li & Fu, "Deep face recognition with center invariant loss", ACM Multimedia Thematic Workshops 2017.
 */
export const centerInvariant = defineRegularizer({
  name: "centerInvariant",
  defaults: {},
  check: {},
  wholeBatch: true,
  compute({ rows }) {
    const squared = tf.sum(tf.mul(rows, rows), 1);
    const away = tf.sub(squared, tf.mean(squared));
    return [{ total: tf.mul(0.25, tf.sum(tf.mul(away, away))), count: tf.scalar(rows.shape[0]) }];
  },
});
