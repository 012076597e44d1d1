import type { Head } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { defaultHead } from "../src/default-head.js";

/** The default head with a random start, and a random number multiplied onto its inputs in training. */
export const noisyHead: Head = {
  ...defaultHead,
  name: "noisy",
  weights(dim, random) {
    const { kernel, bias } = defaultHead.weights(dim, random);
    return { kernel: { shape: kernel!.shape, values: kernel!.values.map((value) => value + 0.1 * random.normal()) }, bias: bias! };
  },
  apply(inputs, weights, step) {
    const noise = step.training ? Float32Array.from({ length: inputs.size }, () => 0.5 + step.random.uniform()) : undefined;
    return defaultHead.apply(noise ? tf.mul(inputs, tf.tensor2d(noise, inputs.shape)) : inputs, weights, step);
  },
};
