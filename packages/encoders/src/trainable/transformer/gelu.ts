import * as tf from "@tensorflow/tfjs-core";
import type { HiddenActivation } from "./transformer-config.js";

/**
 * Gaussian error linear unit, exact: x · Φ(x) with Φ(x) = ½ (1 + erf(x / √2)). Its gradient is written out: Φ(x) + x · exp(−x² / 2) / √(2π), in terms of u = x / √2,
 * which the error function read.
 *
 * Hendrycks & Gimpel, "Gaussian error linear units", 2016.
 * @param x any shape
 */
export function gelu<T extends tf.Tensor>(x: T): T {
  const unit = tf.customGrad((...args) => {
    const [input, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const scaled = tf.mul(input, Math.SQRT1_2);
    const share = tf.mul(tf.add(tf.erf(scaled), 1), 0.5);
    save([scaled, share]);
    return {
      value: tf.mul(input, share),
      gradFunc: (dy, saved) => {
        const [scaled, share] = saved as [tf.Tensor, tf.Tensor];
        const density = tf.mul(tf.div(scaled, tf.exp(tf.mul(scaled, scaled))), 1 / Math.sqrt(Math.PI));
        return tf.mul(dy, tf.add(share, density));
      },
    };
  });
  return unit(x) as T;
}

/** Its approximation ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))): the same paper. */
function tanhGelu<T extends tf.Tensor>(x: T): T {
  const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, tf.add(tf.tanh(inner), 1)), 0.5) as T;
}

export const hiddenFunctions: Readonly<Record<HiddenActivation, <T extends tf.Tensor>(x: T) => T>> = {
  gelu,
  gelu_new: tanhGelu,
  gelu_pytorch_tanh: tanhGelu,
  relu: (x) => tf.relu(x),
};
