import * as tf from "@tensorflow/tfjs-core";
import { leastSquaredLength } from "./row-lengths.js";

/**
 * Rows scaled to length 1: x / |x|, `[rows, dim]`. A row shorter than 1e-12 becomes the zero vector with gradient 0 (it has no direction),
 * where dividing by a floor would give a gradient of 1e12.
 */
export const unitVectors: (rows: tf.Tensor2D) => tf.Tensor2D = /* @__PURE__ */ tf.customGrad(((x: tf.Tensor2D, save: tf.GradSaveFunc) => {
  const squared = tf.sum(tf.mul(x, x), 1, true); // [rows, 1]
  const scale = tf.where(tf.greater(squared, leastSquaredLength), tf.rsqrt(squared), 0);
  const value: tf.Tensor2D = tf.mul(x, scale);
  save([value, scale]);
  // What of dy lies across the unit vector u, over the length: fewer passes than through square, root and quotient.
  return { value, gradFunc: (dy: tf.Tensor2D, [u, s]: tf.Tensor[]) => tf.mul(s!, tf.sub(dy, tf.mul(u!, tf.sum(tf.mul(dy, u!), 1, true)))) };
}) as Parameters<typeof tf.customGrad<tf.Tensor2D>>[0]);
