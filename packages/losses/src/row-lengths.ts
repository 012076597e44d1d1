import * as tf from "@tensorflow/tfjs-core";
import { detach } from "./detach.js";

/** Squared lengths below this are taken as 0: such a row has no direction that float32 could hold. */
export const leastSquaredLength = 1e-24;

/** Euclidean length of each row, `[rows, 1]`. A row shorter than 1e-12 has length 0 with gradient 0, where the root's slope would be infinite. */
export function rowLengths(rows: tf.Tensor2D): tf.Tensor2D {
  const squared = tf.sum<tf.Tensor2D>(tf.mul(rows, rows), 1, true);
  const hasLength = tf.cast(tf.greater(detach(squared), leastSquaredLength), "float32");
  // The root is taken of 1 where the row has no length, so that its gradient stays finite there.
  return tf.mul(hasLength, tf.sqrt(tf.add(tf.mul(squared, hasLength), tf.sub(1, hasLength))));
}
