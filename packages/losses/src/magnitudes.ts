import * as tf from "@tensorflow/tfjs-core";

/** |x|, with gradient 0 at 0: equal numbers pull neither way. */
export function magnitudes(values: tf.Tensor): tf.Tensor {
  return tf.add(tf.relu(values), tf.relu(tf.neg(values)));
}
