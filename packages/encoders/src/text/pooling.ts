/** How token states become one vector; several are put one after the other. */
export type PoolingMode = "cls" | "max" | "mean" | "meanSqrtLength" | "weightedMean" | "lastToken";

/** All modes, in the order in which several are put one after the other (that of sentence-transformers). */
export const poolingModes: readonly PoolingMode[] = ["cls", "max", "mean", "meanSqrtLength", "weightedMean", "lastToken"];

/**
 * Pools the states of one text. With token states h_1 … h_n (from `from` + 1 on, to leave a prompt out):
 * cls h_first; max the greatest of each dimension; mean Σ h_t / n; meanSqrtLength Σ h_t / √n; weightedMean Σ t·h_t / Σ t; lastToken h_n.
 * @param states `[tokens, dim]`, row-major; tokens after `length` are padding
 * @param target `[modes × dim]`, overwritten
 */
export function pool(
  states: Float32Array,
  dim: number,
  from: number,
  length: number,
  modes: readonly PoolingMode[],
  target: Float32Array,
): void {
  // A prompt that fills the whole length is pooled itself, rather than nothing.
  const first = from < length ? from : 0;
  for (const [i, mode] of modes.entries()) {
    const part = target.subarray(i * dim, (i + 1) * dim);
    if (mode === "cls" || mode === "lastToken") {
      const token = mode === "cls" ? first : length - 1;
      part.set(states.subarray(token * dim, (token + 1) * dim));
      continue;
    }
    part.fill(mode === "max" ? Number.NEGATIVE_INFINITY : 0);
    let total = 0;
    for (let token = first; token < length; token++) {
      // Weights count places in the whole text, the prompt included.
      const weight = mode === "weightedMean" ? token + 1 : 1;
      total += weight;
      const row = token * dim;
      if (mode === "max") for (let d = 0; d < dim; d++) part[d] = Math.max(part[d]!, states[row + d]!);
      else for (let d = 0; d < dim; d++) part[d]! += weight * states[row + d]!;
    }
    if (mode === "max") continue;
    const divisor = mode === "meanSqrtLength" ? Math.sqrt(total) : total;
    for (let d = 0; d < dim; d++) part[d]! /= divisor;
  }
}
