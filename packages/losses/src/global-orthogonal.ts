import { nonNegativeNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineRegularizer } from "./regularizer.js";

/**
 * Global orthogonal regularization: spreads vectors out, as if drawn evenly from the sphere: those of different things are on average at right angles.
 * meanWeight · M₁² + secondMomentWeight · max(0, M₂ − 1/dim); M₁ is the mean cosine of the pairs known to be of different things, M₂ the mean of its
 * square. Where nothing is known of any pair, all are taken.
 * `meanWeight` (1), `secondMomentWeight` (1).
 * Use it on embeddings beside a ranking loss, so that the whole space is used; dense codes and short dimensions gain most.
 *
 * Zhang et al., "Learning spread-out local feature descriptors", ICCV 2017.
 * @throws {InvalidArgumentError} when a weight is below 0
 */
export const globalOrthogonal = defineRegularizer({
  name: "globalOrthogonal",
  defaults: { meanWeight: 1, secondMomentWeight: 1 },
  check: { meanWeight: nonNegativeNumber, secondMomentWeight: nonNegativeNumber },
  wholeBatch: true,
  compute({ rows, apart: pairs }, { meanWeight, secondMomentWeight }) {
    const apart = pairs();
    const known = tf.maximum(tf.sum(apart), 1);
    const cosines = tf.mul(apart, cosineSimilarities(rows, rows)); // [rows, rows]
    const first = tf.div(tf.sum(cosines), known);
    const second = tf.relu(tf.sub(tf.div(tf.sum(tf.mul(cosines, cosines)), known), 1 / rows.shape[1]));
    return [{ total: tf.add(tf.mul(meanWeight, tf.mul(first, first)), tf.mul(secondMomentWeight, second)), count: tf.scalar(1) }];
  },
});
