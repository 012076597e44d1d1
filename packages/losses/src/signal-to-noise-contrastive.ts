import { nonNegativeNumber, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { beyondMargins } from "./beyond-margins.js";
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
  compute(batch, { margin, positiveMargin, distances }) {
    const d = distances(batch.anchors, batch.candidates); // [batch, candidates]
    const { beyond, ...counts } = beyondMargins(d, batch, positiveMargin, margin);
    return { terms: tf.relu(beyond), ...counts };
  },
});
