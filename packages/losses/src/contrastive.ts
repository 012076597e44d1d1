import { boolean, nonNegativeNumber, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { beyondMargins } from "./beyond-margins.js";
import { cosineDistances } from "./cosine-distances.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { type PairFunction, pairFunction } from "./pair-function.js";

/**
 * Contrastive loss: pulls similar pairs together, pushes dissimilar pairs out to `margin`.
 * The mean over known pairs of ½ max(0, d − positiveMargin)² for similar and ½ max(0, margin − d)² for dissimilar ones; not `squared`: of the
 * distances themselves, without the ½. With `reducer: meanOfKinds()` the two kinds are averaged apart, as pytorch-metric-learning does.
 *
 * Options: `margin` (0.5), `positiveMargin` (0), `squared` (true), `distances` (cosineDistances; the paper's is euclideanDistances, margin 1).
 * Use it for given pairs with yes and no, when a distance shall mean the same everywhere, so that one threshold decides.
 *
 * Hadsell, Chopra & LeCun, "Dimensionality reduction by learning an invariant mapping", CVPR 2006, eq. 4 (there Y = 1 means dissimilar).
 * @throws {InvalidArgumentError} when `margin` is not above 0 or `positiveMargin` is below 0
 */
export const contrastive = defineRelationLoss({
  name: "contrastive",
  defaults: { margin: 0.5, positiveMargin: 0, squared: true, distances: cosineDistances as PairFunction },
  check: { margin: positiveFiniteNumber, positiveMargin: nonNegativeNumber, squared: boolean, distances: pairFunction },
  compute(batch, { margin, positiveMargin, squared, distances }) {
    const d = distances(batch.anchors, batch.candidates); // [batch, candidates]
    const { beyond, ...counts } = beyondMargins(d, batch, positiveMargin, margin);
    return { terms: squared ? tf.mul(0.5, tf.square(tf.relu(beyond))) : tf.relu(beyond), ...counts };
  },
});
