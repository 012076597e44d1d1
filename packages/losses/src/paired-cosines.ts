import * as tf from "@tensorflow/tfjs-core";
import { unitVectors } from "./unit-vectors.js";

/** Cosine of the angle between row i of both, from −1 to 1, `[pairs]`; 0, with gradient 0, where one is zero. */
export function pairedCosines(first: tf.Tensor2D, second: tf.Tensor2D): tf.Tensor1D {
  return tf.sum(tf.mul(unitVectors(first), unitVectors(second)), 1);
}
