import * as tf from "@tensorflow/tfjs-core";

/** Names of the functions between the layers of a head. */
export const activationNames = ["relu", "gelu", "tanh", "sigmoid", "linear"] as const;

export type ActivationName = (typeof activationNames)[number];

/** The functions by name. `gelu` is the exact one: x · ½ (1 + erf(x / √2)). */
export const activations: Readonly<Record<ActivationName, (inputs: tf.Tensor2D) => tf.Tensor2D>> = {
  relu: (inputs) => tf.relu(inputs),
  gelu: (inputs) => tf.mul(inputs, tf.add(0.5, tf.mul(0.5, tf.erf(tf.mul(inputs, Math.SQRT1_2))))),
  tanh: (inputs) => tf.tanh(inputs),
  sigmoid: (inputs) => tf.sigmoid(inputs),
  linear: (inputs) => inputs,
};
