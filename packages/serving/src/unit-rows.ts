import { InvalidArgumentError, NonFiniteError, shown } from "@quaterion/core";

/**
 * Copies rows of vectors, each brought to length 1; a row of zeros stays as it is.
 * @param vectors `[rows, dim]`, row-major
 * @param argument what they are, for messages
 * @throws {InvalidArgumentError} when the length is not rows × dim
 * @throws {NonFiniteError} when a number is NaN or infinite
 */
export function unitRows(vectors: Float32Array, dim: number, argument: string, rows?: number): Float32Array {
  if (!(vectors instanceof Float32Array) || vectors.length % dim !== 0 || (rows !== undefined && vectors.length !== rows * dim)) {
    throw new InvalidArgumentError(
      `\`${argument}\` must be a Float32Array of ${rows ?? "rows"} × ${dim} numbers, row by row; received ${vectors instanceof Float32Array ? `${vectors.length} numbers` : shown(vectors)}.`,
    );
  }
  const out = new Float32Array(vectors.length);
  for (let start = 0; start < vectors.length; start += dim) {
    let squares = 0;
    for (let k = start; k < start + dim; k++) squares += vectors[k]! * vectors[k]!;
    if (!Number.isFinite(squares)) {
      const place = vectors.subarray(start, start + dim).findIndex((number) => !Number.isFinite(number));
      throw new NonFiniteError(
        `Row ${start / dim} of \`${argument}\` is not finite${place < 0 ? "" : `: number ${place} is ${vectors[start + place]}`}. Look at the value it was made from.`,
      );
    }
    if (squares === 0) continue;
    const scale = 1 / Math.sqrt(squares);
    for (let k = start; k < start + dim; k++) out[k] = vectors[k]! * scale;
  }
  return out;
}
