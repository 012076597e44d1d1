import { fraction, nonNegativeNumber, optional, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { defineRelationLoss } from "./define-relation-loss.js";
import { detach } from "./detach.js";
import { type PairFunction, pairFunction } from "./pair-function.js";
import { unitEuclideanDistances } from "./unit-euclidean-distances.js";

/** What each known pair, and the anchor itself, adds to the sum of weights: keeps 0 / 0 out, as pytorch-metric-learning does. */
const leastWeight = 1e-5;

/**
 * Ranked list loss (RLL): similar samples shall lie within a ball of radius boundary − margin around the anchor, dissimilar ones beyond the boundary.
 * Per anchor: (1 − balance) · L⁺ + balance · L⁻, L⁺ the mean of d_ap − (boundary − margin) over the similar samples outside that ball, weighted by
 * exp(positiveTemperature (d_ap − (boundary − margin))), and L⁻ that of boundary − d_an over the dissimilar samples within the boundary, weighted by
 * exp(negativeTemperature (boundary − d_an)); the mean over anchors with a known pair. The weights take part in the gradient.
 * `margin` m (0.4), `boundary` α (1 + margin / 2), `balance` λ (0.5), `positiveTemperature` T_p (0), `negativeTemperature` T_n (10 in the paper; 1
 * here), `distances` (unitEuclideanDistances).
 * Use it where classes are broad: similar samples need not collapse to a point, and every violating sample counts, the worst most.
 *
 * Wang et al., "Ranked list loss for deep metric learning", CVPR 2019, eq. 3 to 7; weights and balance of the extended version, 2021 (TPAMI).
 * @throws {InvalidArgumentError} when `margin` or `boundary` is not a finite number above 0, `balance` not from 0 to 1, or a temperature below 0
 */
export const rankedList = defineRelationLoss({
  name: "rankedList",
  defaults: {
    margin: 0.4,
    boundary: undefined as number | undefined,
    balance: 0.5,
    positiveTemperature: 0,
    negativeTemperature: 1,
    distances: unitEuclideanDistances as PairFunction,
  },
  check: {
    margin: positiveFiniteNumber,
    boundary: optional(positiveFiniteNumber),
    balance: fraction,
    positiveTemperature: nonNegativeNumber,
    negativeTemperature: nonNegativeNumber,
    distances: pairFunction,
  },
  compute({ anchors, candidates, similar, dissimilar }, options) {
    const { margin, boundary = 1 + margin / 2, balance, positiveTemperature, negativeTemperature, distances } = options;
    const d = distances(anchors, candidates); // [batch, candidates]
    const known = tf.sum(tf.add(similar, dissimilar), 1); // [batch]
    const floor = tf.mul(leastWeight, tf.add(known, 1));
    const weightedMean = (excess: tf.Tensor, mask: tf.Tensor, temperature: number) => {
      const violating = tf.mul(mask, tf.cast(tf.greater(detach(excess), 0), "float32"));
      const over = tf.mul(violating, excess); // 0 where nothing is violated, so that the exponential can't overflow there
      const weight = tf.mul(violating, tf.exp(tf.mul(temperature, over)));
      return tf.div(tf.sum(tf.mul(weight, over), 1), tf.add(tf.sum(weight, 1), floor));
    };
    const pull = weightedMean(tf.sub(d, boundary - margin), similar, positiveTemperature);
    const push = weightedMean(tf.sub(boundary, d), dissimilar, negativeTemperature);
    return { terms: tf.add(tf.mul(1 - balance, pull), tf.mul(balance, push)), counted: tf.minimum(known, 1) };
  },
});
