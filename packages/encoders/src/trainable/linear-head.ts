import { checkOptions, InvalidArgumentError, oneOf, positiveInteger } from "@quaterion/core";
import type { Head } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { dropout } from "./dropout.js";
import { dropoutRate } from "./dropout-rate.js";
import { constantWeights, identityWeights, uniformWeights } from "./initial-weights.js";

/** Options of {@link linearHead}. */
export interface LinearHeadOptions {
  /** Dimension of the embeddings; that of the encoder's vectors where absent. */
  dim?: number | undefined;
  /** Where training starts: at the encoder's own vectors, or at a random matrix. Default: `"identity"` without `dim`, `"random"` with it. */
  start?: "identity" | "random" | undefined;
  /** Share of the inputs dropped in training, 0 to below 1. Default 0. */
  dropout?: number | undefined;
}

/**
 * One linear layer: x·W + b.
 *
 * `W [inputDim, dim]`, `b [dim]`. Start `"identity"`: W = I, b = 0, so that the untrained model is the encoder and the first steps can't lose
 * what it knows; `"random"`: both uniform on ±1/√inputDim.
 * @throws {InvalidArgumentError} when an option is wrong, or (as `fit` begins) when `start` is `"identity"` and `dim` is not the encoder's
 */
export function linearHead(options: LinearHeadOptions = {}): Head {
  checkOptions("linearHead", options, { dim: positiveInteger, start: oneOf(["identity", "random"]), dropout: dropoutRate });
  const { dim, start = dim === undefined ? "identity" : "random", dropout: rate = 0 } = options;
  return {
    contract: 1,
    name: "linear",
    config: { dim: dim ?? null, start, dropout: rate },
    dim: (inputDim) => dim ?? inputDim,
    weights(inputDim, random) {
      const outputDim = dim ?? inputDim;
      if (start === "random") {
        return {
          kernel: uniformWeights([inputDim, outputDim], inputDim, random.fork("kernel")),
          bias: uniformWeights([outputDim], inputDim, random.fork("bias")),
        };
      }
      if (outputDim !== inputDim) {
        throw new InvalidArgumentError(
          `\`linearHead.start\` can be "identity" only where \`dim\` is the encoder's dimension, ${inputDim}; received dim ${outputDim}. Leave \`dim\` out, or set start to "random".`,
        );
      }
      return { kernel: identityWeights(inputDim), bias: constantWeights([inputDim], 0) };
    },
    apply: (inputs, { kernel, bias }, step) =>
      tf.add(tf.matMul(dropout(inputs, rate, step), kernel as tf.Tensor2D), bias as tf.Tensor1D) as tf.Tensor2D,
  };
}
