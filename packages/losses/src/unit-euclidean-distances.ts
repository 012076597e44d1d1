import type * as tf from "@tensorflow/tfjs-core";
import { euclideanDistances } from "./euclidean-distances.js";
import { unitVectors } from "./unit-vectors.js";

/**
 * Euclidean distance of each anchor and each candidate after both are scaled to length 1, from 0 to 2, `[batch, candidates]`: √(2 − 2 cos). A zero
 * vector is at distance 1 from every other. See {@link euclideanDistances} for rows that are nearly equal.
 */
export function unitEuclideanDistances(anchors: tf.Tensor2D, candidates: tf.Tensor2D): tf.Tensor2D {
  const units = unitVectors(anchors);
  return euclideanDistances(units, candidates === anchors ? units : unitVectors(candidates));
}
