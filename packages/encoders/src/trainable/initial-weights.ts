import type { Random } from "@quaterion/core";
import type { InitialTensor } from "@quaterion/core/training";

/**
 * Draws from the uniform distribution on ±1/√`fanIn`: where a linear layer starts in PyTorch (and in Quaterion), for weights and biases alike.
 * @param shape of the weight; `[fanIn, out]` or `[out]`
 */
export function uniformWeights(shape: readonly number[], fanIn: number, random: Random): InitialTensor {
  const bound = 1 / Math.sqrt(fanIn);
  const size = shape.reduce((product, length) => product * length, 1);
  return { shape, values: Float32Array.from({ length: size }, () => (2 * random.uniform() - 1) * bound) };
}

/** The same value everywhere. */
export function constantWeights(shape: readonly number[], value: number): InitialTensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return { shape, values: new Float32Array(size).fill(value) };
}

/** The identity matrix `[dim, dim]`. */
export function identityWeights(dim: number): InitialTensor {
  const values = new Float32Array(dim * dim);
  for (let i = 0; i < dim; i++) values[i * dim + i] = 1;
  return { shape: [dim, dim], values };
}
