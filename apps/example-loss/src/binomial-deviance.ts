import { positiveFiniteNumber } from "@quaterion/core";
import { cosineSimilarities, defineRelationLoss } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Binomial deviance: each known pair is a yes-or-no question that the cosine answers, with a soft border instead of a hinge.
 * The mean over known pairs of log(1 + exp(−α (s − β))) for similar and log(1 + exp(α · cost · (s − β))) for dissimilar ones, s = cosine.
 * Yi, Lei & Li, "Deep metric learning for practical person re-identification", 2014, eq. 8 (means over all known pairs here).
 */
export const binomialDeviance = defineRelationLoss({
  name: "binomialDeviance",
  defaults: { alpha: 2, beta: 0.5, cost: 25 },
  check: { alpha: positiveFiniteNumber, beta: positiveFiniteNumber, cost: positiveFiniteNumber },
  compute({ anchors, candidates, similar, dissimilar }, { alpha, beta, cost }) {
    const above = tf.mul(alpha, tf.sub(cosineSimilarities(anchors, candidates), beta)); // [batch, candidates]
    const pull = tf.mul(similar, tf.softplus(tf.neg(above)));
    const push = tf.mul(dissimilar, tf.softplus(tf.mul(cost, above)));
    return { terms: tf.add(pull, push), counted: tf.add(similar, dissimilar) };
  },
});
