import * as tf from "@tensorflow/tfjs-core";
import { unitVectors } from "./unit-vectors.js";

/**
 * Cosine of the angle between each anchor and each candidate: a·b / (|a| |b|), from −1 to 1, `[batch, candidates]`. A zero vector has
 * similarity 0 to everything, and gradient 0.
 */
export function cosineSimilarities(anchors: tf.Tensor2D, candidates: tf.Tensor2D): tf.Tensor2D {
  const units = unitVectors(anchors);
  return tf.matMul(units, candidates === anchors ? units : unitVectors(candidates), false, true);
}
