import type { Reducer } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";

/**
 * The sum of the terms that count. Its size grows with the batch, so the learning rate must shrink with it; and it is not a ratio, so that a loss
 * with this reducer takes whole batches only: no memory, no gradient caching.
 */
export function sum(): Reducer {
  return {
    name: "sum",
    wholeBatch: true,
    reduce: (terms, counted) => [{ total: tf.sum(tf.mul(terms, counted)), count: tf.scalar(1) }],
  };
}
