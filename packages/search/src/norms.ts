import { countOf } from "./matrix-arguments.js";

/**
 * Euclidean lengths of rows, summed in float64, so that no finite row overflows.
 * @param matrix `[rows, dim]`, row-major
 * @returns `[rows]`; NaN or infinite where the row has such a number
 */
export function norms(matrix: Float32Array, dim: number): Float64Array {
  const rows = countOf(matrix, dim, "matrix", "dim");
  const result = new Float64Array(rows);
  for (let i = 0, at = 0; i < rows; i++) {
    let sum = 0;
    for (const end = at + dim; at < end; at++) sum += matrix[at]! * matrix[at]!;
    result[i] = Math.sqrt(sum);
  }
  return result;
}
