import * as tf from "@tensorflow/tfjs-core";

/** Dot product of each anchor and each candidate, `[batch, candidates]`: a similarity, higher is nearer. */
export function dotProducts(anchors: tf.Tensor2D, candidates: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(anchors, candidates, false, true);
}
