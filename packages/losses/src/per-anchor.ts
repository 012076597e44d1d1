import { checkOptions } from "@quaterion/core";
import type { Reducer } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { mean } from "./mean.js";
import { reducerValue } from "./reducer-value.js";

export interface PerAnchorOptions {
  /** How the anchors' means are reduced; `mean()` unless given. */
  across?: Reducer | undefined;
}

/**
 * The mean of each anchor's terms, then, `across` anchors, the mean over those that have any: an anchor with many pairs weighs as much as one with
 * few. `perAnchor({ across: nonZeroMean() })` leaves out the anchors that are satisfied. An anchor's weight in the batch applies across anchors.
 */
export function perAnchor(options: PerAnchorOptions = {}): Reducer {
  checkOptions("perAnchor", options, { across: reducerValue });
  const { across = mean() } = options;
  return {
    name: options.across ? `perAnchor(${across.name})` : "perAnchor",
    wholeBatch: across.wholeBatch,
    reduce(terms, counted) {
      const batch = terms.shape[0]!;
      const flat = (values: tf.Tensor) => tf.reshape(values, [batch, -1]);
      const counts = tf.sum(flat(counted), 1); // [batch]
      const means = tf.div(tf.sum(flat(tf.mul(terms, counted)), 1), tf.add(counts, tf.cast(tf.equal(counts, 0), "float32")));
      return across.reduce(means, tf.max(flat(counted), 1));
    },
  };
}
