import { NonFiniteError } from "@quaterion/core";

/** Scales a vector to length `length`, in place; the zero vector stays as it is. */
export function normalize(vector: Float32Array, length = 1): void {
  let squares = 0;
  for (const number of vector) squares += number * number;
  if (squares === 0) return;
  const scale = length / Math.sqrt(squares);
  for (let i = 0; i < vector.length; i++) vector[i]! *= scale;
}

/** Scales every row of `[rows, dim]` to length 1, in place; zero rows stay as they are. */
export function normalizeRows(vectors: Float32Array, dim: number): void {
  for (let start = 0; start < vectors.length; start += dim) normalize(vectors.subarray(start, start + dim));
}

/**
 * Passes vectors on when every number in them is finite.
 * @throws {NonFiniteError} that names the encoder and the value
 */
export function checkFiniteRows(encoder: string, vectors: Float32Array, dim: number, valueAt: (row: number) => unknown): void {
  for (let i = 0; i < vectors.length; i++) {
    if (Number.isFinite(vectors[i])) continue;
    const value = JSON.stringify(valueAt(Math.floor(i / dim)))?.slice(0, 80);
    throw new NonFiniteError(
      `Encoder "${encoder}" gave ${vectors[i]} for the value ${value}. Its model or its weights are damaged; get them again.`,
    );
  }
}
