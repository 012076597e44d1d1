import { type Kernel, layout, loadKernel, productsChunk } from "./kernel.js";
import { countOf, resultOf } from "./matrix-arguments.js";
import { plainProducts } from "./plain-products.js";

/**
 * The matrix product A · B, in float32, on WebAssembly SIMD in blocks of fixed memory, or in plain JavaScript with equal bits.
 * @param a `[rows, inner]`, row-major
 * @param b `[inner, columns]`, row-major
 * @param out where to write the result; a new array if absent
 * @returns `[rows, columns]`, row-major
 * @throws {InvalidArgumentError} when a length is not a multiple of `inner`, or `out` has another size
 */
export function matrixProduct(a: Float32Array, b: Float32Array, inner: number, out?: Float32Array): Float32Array {
  return product(a, b, inner, false, out);
}

/**
 * The matrix product Aᵀ · B: the sum over rows of the outer products of A's row and B's, as in the gradient of a linear model.
 * Computed as {@link matrixProduct} is.
 * @param a `[inner, rows]`, row-major
 * @param b `[inner, columns]`, row-major
 * @param out where to write the result; a new array if absent
 * @returns `[rows, columns]`, row-major
 * @throws {InvalidArgumentError} when a length is not a multiple of `inner`, or `out` has another size
 */
export function transposedProduct(a: Float32Array, b: Float32Array, inner: number, out?: Float32Array): Float32Array {
  return product(a, b, inner, true, out);
}

function product(a: Float32Array, b: Float32Array, inner: number, transposed: boolean, out: Float32Array | undefined): Float32Array {
  const rows = countOf(a, inner, "a", "inner");
  const columns = countOf(b, inner, "b", "inner");
  const result = resultOf(rows, columns, [a, b], out);
  const kernel = loadKernel();
  if (kernel) blockedProducts(kernel, a, b, inner, transposed, result);
  else plainProducts(a, b, inner, transposed, result);
  return result;
}

const rowsAtOnce = 512;
const columnsAtOnce = 256;
/** Added to the stride of blocks: rows a power of two apart would all fall into the same few lines of the cache. */
const skew = 16;

/** The products on the kernel. Cells of a block that nothing was copied to hold what was there before; only the padding of the result reads them. */
export function blockedProducts(
  kernel: Kernel,
  a: Float32Array,
  b: Float32Array,
  inner: number,
  transposed: boolean,
  out: Float32Array,
): void {
  const memory = new Float32Array(kernel.memory.buffer);
  const rows = a.length / inner;
  const columns = b.length / inner;
  const copy = (
    target: number,
    stride: number,
    matrix: Float32Array,
    width: number,
    row: number,
    count: number,
    from: number,
    size: number,
  ) => {
    for (let i = 0; i < count; i++) {
      const start = (row + i) * width + from;
      memory.set(matrix.subarray(start, start + size), target + i * stride);
    }
  };
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const blockRows = Math.min(rowsAtOnce, rows - row);
    let inMemory = -1;
    for (let column = 0; column < columns; column += columnsAtOnce) {
      const blockColumns = Math.min(columnsAtOnce, columns - column);
      const bStride = ((blockColumns + 7) & ~7) + skew;
      memory.fill(0, layout.c, layout.c + ((blockRows + 3) & ~3) * bStride);
      for (let start = 0; start < inner; start += productsChunk) {
        const depth = Math.min(productsChunk, inner - start);
        const aStride = (transposed ? blockRows : depth) + skew;
        if (inMemory !== start) {
          if (transposed) copy(layout.a, aStride, a, rows, start, depth, row, blockRows);
          else copy(layout.a, aStride, a, inner, row, blockRows, start, depth);
        }
        inMemory = start;
        copy(layout.b, bStride, b, columns, start, depth, column, blockColumns);
        const [rowBytes, innerBytes] = transposed ? [4, aStride * 4] : [aStride * 4, 4];
        kernel.products(
          layout.a * 4,
          layout.b * 4,
          layout.c * 4,
          blockRows,
          blockColumns,
          depth,
          rowBytes,
          innerBytes,
          bStride * 4,
          bStride * 4,
        );
      }
      for (let i = 0; i < blockRows; i++) {
        const from = layout.c + i * bStride;
        out.set(memory.subarray(from, from + blockColumns), (row + i) * columns + column);
      }
    }
  }
}
