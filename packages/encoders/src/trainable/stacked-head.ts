import { type Check, checkOptions, InvalidArgumentError, oneOf, positiveInteger, shown } from "@quaterion/core";
import type { Head, InitialTensor } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { type ActivationName, activationNames, activations } from "./activation.js";
import { dropout } from "./dropout.js";
import { dropoutRate } from "./dropout-rate.js";
import { constantWeights, identityWeights, uniformWeights } from "./initial-weights.js";

/** Options of {@link stackedHead}. */
export interface StackedHeadOptions {
  /** Output dimension of each layer; the last one is that of the embeddings. */
  dims: readonly number[];
  /** Between the layers; none follows the last. Default `"relu"`. */
  activation?: ActivationName | undefined;
  /** `"identity"` needs every dim to be the encoder's; with activation `"linear"` the untrained head then is the identity. Default `"random"`. */
  start?: "identity" | "random" | undefined;
  /** Share of the head's inputs dropped in training, 0 to below 1. Default 0. */
  dropout?: number | undefined;
}

/**
 * Linear layers with an activation between them: x → a(x·W₀ + b₀) → … → x·W + b.
 *
 * `W [in, out]`, `b [out]` of each layer. Start `"random"`: both uniform on ±1/√in; `"identity"`: W = I, b = 0.
 *
 * Quaterion's `StackedProjectionHead` (its `WideningHead` is `dims: [4 * dim, dim]`).
 * @throws {InvalidArgumentError} when an option is wrong, or (as `fit` begins) when `start` is `"identity"` and a dim is not the encoder's
 */
export function stackedHead(options: StackedHeadOptions): Head {
  checkOptions("stackedHead", options, {
    dims: layerDims,
    activation: oneOf(activationNames),
    start: oneOf(["identity", "random"]),
    dropout: dropoutRate,
  });
  const { activation = "relu", start = "random", dropout: rate = 0 } = options ?? {};
  const dims = [...layerDims(options?.dims, "stackedHead.dims")];
  return {
    contract: 1,
    name: "stacked",
    config: { dims, activation, start, dropout: rate },
    dim: () => dims.at(-1)!,
    weights(inputDim, random) {
      const weights: Record<string, InitialTensor> = {};
      let before = inputDim;
      for (const [layer, dim] of dims.entries()) {
        const own = random.fork(`layer ${layer}`);
        if (start === "identity" && dim !== before) {
          throw new InvalidArgumentError(
            `\`stackedHead.start\` can be "identity" only where every layer has the encoder's dimension, ${inputDim}; received dims ${dims.join(", ")}. Set start to "random".`,
          );
        }
        weights[`kernel_${layer}`] =
          start === "identity" ? identityWeights(dim) : uniformWeights([before, dim], before, own.fork("kernel"));
        weights[`bias_${layer}`] = start === "identity" ? constantWeights([dim], 0) : uniformWeights([dim], before, own.fork("bias"));
        before = dim;
      }
      return weights;
    },
    apply(inputs, weights, step) {
      let x: tf.Tensor2D = dropout(inputs, rate, step);
      for (let layer = 0; layer < dims.length; layer++) {
        x = tf.add(tf.matMul(x, weights[`kernel_${layer}`] as tf.Tensor2D), weights[`bias_${layer}`] as tf.Tensor1D);
        if (layer < dims.length - 1) x = activations[activation](x);
      }
      return x;
    },
  };
}

const layerDims: Check<readonly number[]> = (value, argument) => {
  if (!Array.isArray(value) || value.length === 0)
    throw new InvalidArgumentError(`\`${argument}\` must be a list of one or more dimensions; received ${shown(value)}.`);
  return value.map((dim, i) => positiveInteger(dim, `${argument}[${i}]`));
};
