import { loadKernel } from "./kernel.js";
import { countOf, resultOf } from "./matrix-arguments.js";
import { plainRowPairs } from "./plain-products.js";
import { blockedRowPairs } from "./row-pairs.js";

/**
 * Inner products of every row of `a` with every row of `b`: A · Bᵀ.
 * Computed in float32 on WebAssembly SIMD in blocks of fixed memory (3 MiB), or in plain JavaScript where there is none, with equal bits: a
 * product depends on its two rows alone, not on what stands beside them.
 * @param a `[rowsA, dim]`, row-major
 * @param b `[rowsB, dim]`, row-major
 * @param out where to write the result; a new array if absent
 * @returns `[rowsA, rowsB]`, row-major
 * @throws {InvalidArgumentError} when a length is not a multiple of `dim`, or `out` has another size
 */
export function innerProducts(a: Float32Array, b: Float32Array, dim: number, out?: Float32Array): Float32Array {
  const rows = countOf(a, dim, "a", "dim");
  const columns = countOf(b, dim, "b", "dim");
  const result = resultOf(rows, columns, [a, b], out);
  const kernel = loadKernel();
  if (kernel) blockedRowPairs(kernel, "dots", a, b, dim, result);
  else plainRowPairs("dots", a, b, dim, result);
  return result;
}
