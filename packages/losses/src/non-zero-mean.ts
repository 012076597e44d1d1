import type { Reducer } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { detach } from "./detach.js";

/**
 * The mean of the terms that count and are above 0: Σ terms · counted / Σ counted · [terms > 0]. What is satisfied already does not dilute the
 * rest (pytorch-metric-learning's AvgNonZeroReducer). A rounding error can change the divisor of a term that is 0 in exact numbers.
 */
export function nonZeroMean(): Reducer {
  return {
    name: "nonZeroMean",
    reduce(terms, counted) {
      const active = tf.mul(counted, tf.cast(tf.greater(detach(terms), 0), "float32"));
      return [{ total: tf.sum(tf.mul(terms, active)), count: tf.sum(active) }];
    },
  };
}
