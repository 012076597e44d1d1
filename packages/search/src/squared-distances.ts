import { loadKernel } from "./kernel.js";
import { countOf, resultOf } from "./matrix-arguments.js";
import { plainRowPairs } from "./plain-products.js";
import { blockedRowPairs } from "./row-pairs.js";

/**
 * Squared Euclidean distances of every row of `a` to every row of `b`: Σ (a − b)².
 * Differences are squared one by one, not taken from ‖a‖² + ‖b‖² − 2 a·b, which loses small distances between long vectors.
 * Computed in float32 as `innerProducts` is.
 * @param a `[rowsA, dim]`, row-major
 * @param b `[rowsB, dim]`, row-major
 * @param out where to write the result; a new array if absent
 * @returns `[rowsA, rowsB]`, row-major
 * @throws {InvalidArgumentError} when a length is not a multiple of `dim`, or `out` has another size
 */
export function squaredDistances(a: Float32Array, b: Float32Array, dim: number, out?: Float32Array): Float32Array {
  const rows = countOf(a, dim, "a", "dim");
  const columns = countOf(b, dim, "b", "dim");
  const result = resultOf(rows, columns, [a, b], out);
  const kernel = loadKernel();
  if (kernel) blockedRowPairs(kernel, "distances", a, b, dim, result);
  else plainRowPairs("distances", a, b, dim, result);
  return result;
}
