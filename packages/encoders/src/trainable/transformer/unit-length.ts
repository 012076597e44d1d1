import * as tf from "@tensorflow/tfjs-core";

/** Keeps the length of a zero vector above 0. */
const leastSquare = 1e-24;

/** Each row divided by its length; a zero row stays zero. @param vectors `[rows, dim]` */
export function unitLength(vectors: tf.Tensor2D): tf.Tensor2D {
  return tf.div(vectors, tf.sqrt(tf.maximum(tf.sum(tf.mul(vectors, vectors), 1, true), leastSquare)));
}
