import * as tf from "@tensorflow/tfjs-core";

/** Dot product of row i of both, `[pairs]`. */
export function pairedDotProducts(first: tf.Tensor2D, second: tf.Tensor2D): tf.Tensor1D {
  return tf.sum(tf.mul(first, second), 1);
}
