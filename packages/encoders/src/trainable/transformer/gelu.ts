import * as tf from "@tensorflow/tfjs-core";
import type { HiddenActivation } from "./transformer-config.js";

/**
 * Gaussian error linear unit, exact: x · Φ(x) with Φ(x) = ½ (1 + erf(x / √2)). Its gradient is written out: Φ(x) + x · exp(−x² / 2) / √(2π).
 *
 * Hendrycks & Gimpel, "Gaussian error linear units", 2016.
 * @param x any shape
 */
export function gelu<T extends tf.Tensor>(x: T): T {
  const unit = tf.customGrad((...args) => {
    const [input, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const share = tf.mul(tf.add(tf.erf(tf.mul(input, Math.SQRT1_2)), 1), 0.5);
    save([input, share]);
    return {
      value: tf.mul(input, share),
      gradFunc: (dy, saved) => {
        const [input, share] = saved as [tf.Tensor, tf.Tensor];
        const density = tf.mul(tf.exp(tf.mul(tf.mul(input, input), -0.5)), 1 / Math.sqrt(2 * Math.PI));
        return tf.mul(dy, tf.add(share, tf.mul(input, density)));
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
