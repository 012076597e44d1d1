import type { Head } from "@quaterion/core/training";

/** No head: the embeddings are the encoder's vectors. For losses that learn something of their own (class weights), and as a baseline. */
export function emptyHead(): Head {
  return { contract: 1, name: "empty", config: {}, dim: (inputDim) => inputDim, weights: () => ({}), apply: (inputs) => inputs };
}
