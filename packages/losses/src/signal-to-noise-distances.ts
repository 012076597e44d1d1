import * as tf from "@tensorflow/tfjs-core";
import { detach } from "./detach.js";
import { squaredEuclideanDistances } from "./squared-euclidean-distances.js";

/** Share of a row's squared length below which its variance is rounding error of float32. */
const rounding = 1e-12;

/**
 * Signal-to-noise distance of each anchor and each candidate, `[batch, candidates]`: var(a − c) / var(a), the variances over the coordinates of one
 * row; 0 or more. The anchor is the signal: d(a, c) is not d(c, a). A shift of all coordinates of a row changes nothing. An anchor whose
 * coordinates are all equal has no signal: distance 0 to all, with gradient 0. Computed with a matrix product: memory does not grow with the dim.
 *
 * Yuan et al., "Signal-to-noise ratio: a robust distance metric for deep metric learning", CVPR 2019, eq. 5.
 */
export function signalToNoiseDistances(anchors: tf.Tensor2D, candidates: tf.Tensor2D): tf.Tensor2D {
  const centred = centre(anchors);
  const noise = squaredEuclideanDistances(centred, candidates === anchors ? centred : centre(candidates)); // dim · var(a − c)
  const signal = tf.sum(tf.mul(centred, centred), 1, true); // dim · var(a), [batch, 1]
  const length = tf.sum(tf.mul(detach(anchors), detach(anchors)), 1, true);
  const heard = tf.cast(tf.greater(detach(signal), tf.mul(rounding, length)), "float32");
  return tf.mul(noise, tf.div(heard, tf.add(tf.mul(signal, heard), tf.sub(1, heard))));
}

function centre(rows: tf.Tensor2D): tf.Tensor2D {
  return tf.sub(rows, tf.mean(rows, 1, true));
}
