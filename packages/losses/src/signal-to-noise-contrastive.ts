import { nonNegativeNumber, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { defineRelationLoss } from "./define-relation-loss.js";
import { meanOfKinds } from "./mean-of-kinds.js";
import { type PairFunction, pairFunction } from "./pair-function.js";
import { signalToNoiseDistances } from "./signal-to-noise-distances.js";

/**
 * Signal-to-noise contrastive loss (DSML): the contrastive loss on how much of the anchor's variance the difference of the two vectors has.
 * The mean over similar pairs of max(0, d − positiveMargin) plus the mean over dissimilar pairs of max(0, margin − d), d = var(a − c) / var(a), the
 * variances over a vector's coordinates. The paper adds a multiple of |Σ of the anchor's coordinates|, which keeps their mean near 0: a regularizer.
 *
 * Options: `margin` (1), `positiveMargin` (0), `distances` (signalToNoiseDistances, of the vectors as they are).
 * Use it where vectors are not normalized and their spread matters: noise counts relative to the anchor's own signal.
 *
 * Yuan et al., "Signal-to-noise ratio: a robust distance metric for deep metric learning", CVPR 2019, eq. 8.
 * @throws {InvalidArgumentError} when `margin` is not a finite number above 0 or `positiveMargin` is below 0
 */
export const signalToNoiseContrastive = defineRelationLoss({
  name: "signalToNoiseContrastive",
  defaults: { margin: 1, positiveMargin: 0, distances: signalToNoiseDistances as PairFunction },
  check: { margin: positiveFiniteNumber, positiveMargin: nonNegativeNumber, distances: pairFunction },
  reducer: meanOfKinds(),
  compute({ anchors, candidates, similar, dissimilar }, { margin, positiveMargin, distances }) {
    const d = distances(anchors, candidates); // [batch, candidates]
    const pull = tf.mul(similar, tf.relu(tf.sub(d, positiveMargin)));
    const push = tf.mul(dissimilar, tf.relu(tf.sub(margin, d)));
    return { terms: tf.stack([pull, push], 1), counted: tf.stack([similar, dissimilar], 1) }; // [batch, kinds, candidates]
  },
});
