import { positiveFiniteNumber } from "@quaterion/core";
import { cosineDistances, defineRelationLoss } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";

/**
 * My loss: similar pairs shall be near, dissimilar ones at least `margin` apart.
 * The mean over known pairs of d for similar and max(0, margin − d) for dissimilar ones, d = 1 − cosine.
 * `margin` (0.5).
 * Use it as a start for a loss of your own.
 */
export const myLoss = defineRelationLoss({
  name: "myLoss",
  defaults: { margin: 0.5 },
  check: { margin: positiveFiniteNumber },
  compute({ anchors, candidates, similar, dissimilar }, { margin }) {
    const d = cosineDistances(anchors, candidates); // [batch, candidates]
    const pull = tf.mul(similar, d);
    const push = tf.mul(dissimilar, tf.relu(tf.sub(margin, d)));
    return { terms: tf.add(pull, push), counted: tf.add(similar, dissimilar) };
  },
});
