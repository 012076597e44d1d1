import { checkOptions, positiveInteger } from "@quaterion/core";
import type { Head, InitialTensor } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { dropout } from "./dropout.js";
import { dropoutRate } from "./dropout-rate.js";
import { constantWeights, uniformWeights } from "./initial-weights.js";

/** Options of {@link skipConnectionHead}. */
export interface SkipConnectionHeadOptions {
  /** Layers, one after the other. Default 1. */
  layers?: number | undefined;
  /** Share of the head's inputs dropped in training, 0 to below 1. Default 0. */
  dropout?: number | undefined;
  /** Share of each layer's inputs dropped in training, beside the connection that skips the layer. Default 0. */
  skipDropout?: number | undefined;
}

/** Gates start at σ(−4) ≈ 0.018: Quaterion's value. */
const closedGate = -4;

/**
 * Layers whose output is added to their input through learned gates: for each layer x ← x + σ(g) ⊙ (x·W + b).
 *
 * `W [dim, dim]` and `b [dim]` start uniform on ±1/√dim, `g [dim]` at −4, so that the untrained head is nearly, not exactly, the identity (a
 * gate of 0.018 lets gradients reach W, which an exact identity with W = 0 and a closed gate would not). The embeddings have the encoder's dimension.
 *
 * Quaterion's `SkipConnectionHead`.
 * @throws {InvalidArgumentError} when an option is wrong
 */
export function skipConnectionHead(options: SkipConnectionHeadOptions = {}): Head {
  checkOptions("skipConnectionHead", options, { layers: positiveInteger, dropout: dropoutRate, skipDropout: dropoutRate });
  const { layers = 1, dropout: rate = 0, skipDropout = 0 } = options;
  return {
    contract: 1,
    name: "skip-connection",
    config: { layers, dropout: rate, skipDropout },
    dim: (inputDim) => inputDim,
    weights(dim, random) {
      const weights: Record<string, InitialTensor> = {};
      for (let layer = 0; layer < layers; layer++) {
        const own = random.fork(`layer ${layer}`);
        weights[`kernel_${layer}`] = uniformWeights([dim, dim], dim, own.fork("kernel"));
        weights[`bias_${layer}`] = uniformWeights([dim], dim, own.fork("bias"));
        weights[`gate_${layer}`] = constantWeights([dim], closedGate);
      }
      return weights;
    },
    apply(inputs, weights, step) {
      let x: tf.Tensor2D = dropout(inputs, rate, step);
      for (let layer = 0; layer < layers; layer++) {
        const product = tf.matMul(dropout(x, skipDropout, step), weights[`kernel_${layer}`] as tf.Tensor2D);
        const gate = tf.sigmoid(weights[`gate_${layer}`] as tf.Tensor1D);
        x = tf.add(x, tf.mul(gate, tf.add(product, weights[`bias_${layer}`] as tf.Tensor1D)));
      }
      return x;
    },
  };
}
