import * as tf from "@tensorflow/tfjs-core";
import { detach } from "./detach.js";
import { leastSquaredLength } from "./row-lengths.js";

/**
 * Rows scaled to length 1: x / |x|, `[rows, dim]`. A row shorter than 1e-12 becomes the zero vector with gradient 0 (it has no direction),
 * where dividing by a floor would give a gradient of 1e12.
 */
export function unitVectors(rows: tf.Tensor2D): tf.Tensor2D {
  const squared = tf.sum(tf.mul(rows, rows), 1, true); // [rows, 1]
  const hasLength = tf.cast(tf.greater(detach(squared), leastSquaredLength), "float32");
  // The square root is taken of 1 where the row has no length, so that its gradient stays finite there.
  const length = tf.sqrt(tf.add(tf.mul(squared, hasLength), tf.sub(1, hasLength)));
  return tf.mul(rows, tf.div(hasLength, length));
}
