import * as tf from "@tensorflow/tfjs-core";

/**
 * Squared Euclidean distance of each anchor and each candidate, `[batch, candidates]`, 0 or more. Computed as |a|² + |b|² − 2 a·b: memory does
 * not grow with the dimension; float32 leaves an error of about 1e-7 (|a|² + |b|²).
 */
export function squaredEuclideanDistances(anchors: tf.Tensor2D, candidates: tf.Tensor2D): tf.Tensor2D {
  const ofAnchors = tf.sum(tf.mul(anchors, anchors), 1, true); // [batch, 1]
  const ofCandidates = tf.reshape(candidates === anchors ? ofAnchors : tf.sum(tf.mul(candidates, candidates), 1), [1, -1]); // [1, candidates]
  const products = tf.matMul(tf.mul(2, anchors), candidates, false, true); // twice a·b: the anchors are fewer numbers than the pairs
  return tf.relu(tf.sub(tf.add(ofAnchors, ofCandidates), products));
}
