import { positiveFiniteNumber } from "@quaterion/core";
import { defineScoreLoss, pairedCosines } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";

/**
 * My loss: the cosine of a pair shall be its score.
 * weight · (cos(a_i, b_i) − score_i)²; the mean over pairs.
 * `weight` (1).
 * Use it as a start for a loss of your own.
 */
export const myLoss = defineScoreLoss({
  name: "myLoss",
  defaults: { weight: 1 },
  check: { weight: positiveFiniteNumber },
  compute({ first, second, scores }, { weight }) {
    return { terms: tf.mul(weight, tf.squaredDifference(pairedCosines(first, second), scores)) }; // [pairs]
  },
});
