import { innerProducts } from "@quaterion/search";

/** Rows multiplied at once: enough that the whole matrix is not read anew for each, few enough that the result stays small. */
const rowsAtOnce = 64;

/**
 * Cosines of up to `most` evenly spaced rows of a matrix with all its rows.
 * @param vectors `[rows, dim]`, row-major, unit rows
 * @param gram cosines of all rows, where they are known
 * @yields the row's number and its cosines `[rows]`, which may be changed, and last until the next is asked for
 */
export function* sampledCosines(vectors: Float32Array, dim: number, most: number, gram?: Float32Array): Generator<[number, Float32Array]> {
  const count = vectors.length / dim;
  const stride = Math.max(1, count / most);
  const sample = Array.from({ length: Math.min(most, count) }, (_, k) => Math.floor(k * stride));
  if (gram) {
    for (const i of sample) yield [i, gram.slice(i * count, (i + 1) * count)];
    return;
  }
  const queries = new Float32Array(rowsAtOnce * dim);
  for (let start = 0; start < sample.length; start += rowsAtOnce) {
    const block = sample.slice(start, start + rowsAtOnce);
    for (const [k, i] of block.entries()) queries.set(vectors.subarray(i * dim, (i + 1) * dim), k * dim);
    const cosines = innerProducts(queries.subarray(0, block.length * dim), vectors, dim);
    for (const [k, i] of block.entries()) yield [i, cosines.subarray(k * count, (k + 1) * count)];
  }
}
