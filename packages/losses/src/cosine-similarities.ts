import * as tf from "@tensorflow/tfjs-core";
import { unitVectors } from "./unit-vectors.js";

/**
 * Cosine of the angle between each anchor and each candidate: a·b / (|a| |b|), from −1 to 1, `[batch, candidates]`. A zero vector has
 * similarity 0 to everything, and gradient 0.
 * @param scale what they are all multiplied by; 1. It multiplies the anchors, of which there are fewer numbers than pairs.
 */
export function cosineSimilarities(anchors: tf.Tensor2D, candidates: tf.Tensor2D, scale = 1): tf.Tensor2D {
  const units = unitVectors(anchors);
  return tf.matMul(scale === 1 ? units : tf.mul(scale, units), candidates === anchors ? units : unitVectors(candidates), false, true);
}
