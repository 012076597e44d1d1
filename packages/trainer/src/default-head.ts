import type { Head } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";

/** What `fit` takes where none is given and the encoder is trained: nothing, the same as `emptyHead()` of `@quaterion/encoders/trainable`. */
export const noHead: Head = {
  contract: 1,
  name: "empty",
  config: {},
  dim: (inputDim) => inputDim,
  weights: () => ({}),
  apply: (inputs) => inputs,
};

/** The head that `fit` takes where none is given: x·W + b from W = I and b = 0, the same as `linearHead()` of `@quaterion/encoders/trainable`. */
export const defaultHead: Head = {
  contract: 1,
  name: "linear",
  config: { dim: null, start: "identity", dropout: 0 },
  dim: (inputDim) => inputDim,
  weights(dim) {
    const kernel = new Float32Array(dim * dim);
    for (let i = 0; i < dim; i++) kernel[i * dim + i] = 1;
    return { kernel: { shape: [dim, dim], values: kernel }, bias: { shape: [dim], values: new Float32Array(dim) } };
  },
  apply: (inputs, { kernel, bias }) => tf.add(tf.matMul(inputs, kernel as tf.Tensor2D), bias as tf.Tensor1D) as tf.Tensor2D,
};
