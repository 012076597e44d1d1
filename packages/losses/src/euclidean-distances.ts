import * as tf from "@tensorflow/tfjs-core";
import { detach } from "./detach.js";
import { squaredEuclideanDistances } from "./squared-euclidean-distances.js";

/** Share of |a|² + |b|² below which a squared distance is rounding error of float32. */
const rounding = 1e-6;

/**
 * Euclidean distance of each anchor and each candidate, `[batch, candidates]`, 0 or more. Where two rows are equal to float32's precision (nearer
 * than a thousandth of their length) the distance is 0 with gradient 0: the root of a rounding error would be noise, its slope infinite.
 */
export function euclideanDistances(anchors: tf.Tensor2D, candidates: tf.Tensor2D): tf.Tensor2D {
  const squared = squaredEuclideanDistances(anchors, candidates);
  const [a, c] = [detach(anchors), detach(candidates)];
  const share = (rows: tf.Tensor2D) => tf.mul(rounding, tf.sum(tf.mul(rows, rows), 1, true)); // [rows, 1]
  const error = tf.add(share(a), tf.reshape(share(c), [1, -1]));
  const apart = tf.cast(tf.greater(detach(squared), error), "float32"); // [batch, candidates]
  // The root is taken of 1 where the rows are equal, so that its gradient stays finite there.
  return tf.mul(apart, tf.sqrt(tf.add(tf.mul(squared, apart), tf.sub(1, apart))));
}
