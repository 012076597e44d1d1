import type { Reducer } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";

/** The mean of the terms that count: Σ terms · counted / Σ counted. What losses use unless told otherwise. */
export function mean(): Reducer {
  return {
    name: "mean",
    reduce: (terms, counted) => [{ total: tf.sum(tf.mul(terms, counted)), count: tf.sum(counted) }],
  };
}
