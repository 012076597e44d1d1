import { positiveFiniteNumber } from "@quaterion/core";
import { defineViewLoss } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";

/**
 * My loss: two views of one record shall be equal. (Alone it is least when all records are equal, too.)
 * weight · |x − x′|²; the mean over records, of the first view and each of the others.
 * `weight` (1).
 * Use it as a start for a loss of your own.
 */
export const myLoss = defineViewLoss({
  name: "myLoss",
  defaults: { weight: 1 },
  check: { weight: positiveFiniteNumber },
  compute({ views: [first, ...others] }, { weight }) {
    const distances = others.map((other) => tf.sum(tf.squaredDifference(first!, other), 1)); // [batch] each
    return { terms: tf.mul(weight, tf.div(tf.addN(distances), distances.length)) };
  },
});
