import * as tf from "@tensorflow/tfjs-core";
import { leastSquaredLength } from "./row-lengths.js";

/** Cosine of the angle between row i of both, from −1 to 1, `[pairs]`; 0, with gradient 0, where one is zero. */
export function pairedCosines(first: tf.Tensor2D, second: tf.Tensor2D): tf.Tensor1D {
  return tf.squeeze(cosines(first, second) as tf.Tensor2D, [1]);
}

/** `[pairs, 1]`. With c the cosine of a and b, its gradient in a is (b/|b| − c a/|a|) / |a|: six passes over the rows, where unit vectors take twenty. */
const cosines = /* @__PURE__ */ tf.customGrad((a, b, save) => {
  const dot = (x: tf.Tensor, y: tf.Tensor) => tf.sum(tf.mul(x, y), 1, true);
  const inverse = (squared: tf.Tensor) => tf.where(tf.greater(squared, leastSquaredLength), tf.rsqrt(squared), 0);
  const [ofA, ofB] = [inverse(dot(a as tf.Tensor, a as tf.Tensor)), inverse(dot(b as tf.Tensor, b as tf.Tensor))];
  const both = tf.mul(ofA, ofB);
  const value = tf.mul(dot(a as tf.Tensor, b as tf.Tensor), both);
  (save as tf.GradSaveFunc)([a as tf.Tensor, b as tf.Tensor, ofA, ofB, both, value]);
  const gradFunc = (dy: tf.Tensor, [x, y, ofX, ofY, ofBoth, cosine]: tf.Tensor[]) => {
    const across = tf.mul(dy, ofBoth!);
    const along = tf.mul(dy, cosine!);
    const flow = (own: tf.Tensor, inverse: tf.Tensor, other: tf.Tensor) =>
      tf.sub(tf.mul(across, other), tf.mul(tf.mul(along, tf.mul(inverse, inverse)), own));
    return [flow(x!, ofX!, y!), flow(y!, ofY!, x!)];
  };
  return { value, gradFunc };
});
