import * as tf from "@tensorflow/tfjs-core";
import { cosineSimilarities } from "./cosine-similarities.js";
import { detach } from "./detach.js";
import { identityMask } from "./identity-mask.js";
import { defineRegularizer } from "./regularizer.js";

/**
 * RegularFace (exclusive regularization): turns each vector away from the one nearest to it. The mean over rows of max_{j ≠ i} cos(w_i, w_j).
 * Use it on the class vectors of `normalizedSoftmax` or `arcFace`, to spread classes evenly.
 *
 * Zhao, Xu & Cheng, "RegularFace: deep face recognition via exclusive regularization", CVPR 2019.
 */
export const regularFace = defineRegularizer({
  name: "regularFace",
  defaults: {},
  check: {},
  wholeBatch: true,
  compute({ rows }) {
    const count = rows.shape[0];
    if (count < 2) return [{ total: tf.mul<tf.Scalar>(0, tf.sum(rows)), count: tf.scalar(count) }];
    const cosines = cosineSimilarities(rows, rows); // [rows, rows]
    const others = tf.sub(detach(cosines), tf.mul(4, identityMask(count)));
    const nearest = tf.cast(tf.equal(others, tf.max(others, 1, true)), "float32"); // several where they tie
    const shares = tf.div(nearest, tf.sum(nearest, 1, true));
    return [{ total: tf.sum(tf.mul(shares, cosines)), count: tf.scalar(count) }];
  },
});
