import * as tf from "@tensorflow/tfjs-core";
import { distancesInBlocks } from "./distances-in-blocks.js";

/**
 * Manhattan distance of each anchor and each candidate, `[batch, candidates]`: Σ_k |a_k − c_k|, 0 or more. Its gradient is the sign of each
 * difference, 0 where two coordinates are equal. Time is batch · candidates · dim, without a matrix product: slower than the others. Memory beyond
 * the result is bounded, batch · dim · max(candidates / 64, 4·10⁶ / (batch · dim)) numbers.
 */
export function manhattanDistances(anchors: tf.Tensor2D, candidates: tf.Tensor2D): tf.Tensor2D {
  return distancesInBlocks(anchors, candidates, { lengths: (differences) => tf.sum(tf.abs(differences), 2), slopes: tf.sign });
}
