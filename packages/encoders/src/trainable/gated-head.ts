import { checkOptions } from "@quaterion/core";
import type { Head } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { dropout } from "./dropout.js";
import { dropoutRate } from "./dropout-rate.js";
import { constantWeights } from "./initial-weights.js";

/** Options of {@link gatedHead}. */
export interface GatedHeadOptions {
  /** Share of the inputs dropped in training, 0 to below 1. Default 0. */
  dropout?: number | undefined;
}

/**
 * A learned weight for each dimension: x ⊙ tanh(g).
 *
 * `g [dim]` starts at 2 everywhere, tanh 2 ≈ 0.964: as every dimension is scaled alike, the untrained embeddings have the directions of the
 * encoder's vectors, exactly the identity once normalised. Few parameters, so it fits data of a few dozen samples.
 *
 * Quaterion's `GatedHead`.
 * @throws {InvalidArgumentError} when an option is wrong
 */
export function gatedHead(options: GatedHeadOptions = {}): Head {
  checkOptions("gatedHead", options, { dropout: dropoutRate });
  const { dropout: rate = 0 } = options;
  return {
    contract: 1,
    name: "gated",
    config: { dropout: rate },
    dim: (inputDim) => inputDim,
    weights: (inputDim) => ({ gate: constantWeights([inputDim], 2) }),
    apply: (inputs, { gate }, step) => tf.mul(dropout(inputs, rate, step), tf.tanh(gate as tf.Tensor1D)) as tf.Tensor2D,
  };
}
