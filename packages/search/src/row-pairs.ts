import { dotsChunk, type Kernel, layout } from "./kernel.js";

const upToFour = (count: number) => (count + 3) & ~3;

/** Inner products or squared distances of all rows on the kernel: blocks of both matrices are copied into its memory, rows padded with zeros to a multiple of 4. */
export function blockedRowPairs(
  kernel: Kernel,
  kind: "dots" | "distances",
  a: Float32Array,
  b: Float32Array,
  dim: number,
  out: Float32Array,
): void {
  const [tiles, single] = kind === "dots" ? [kernel.dots, kernel.rowDots] : [kernel.distances, kernel.rowDistances];
  const memory = new Float32Array(kernel.memory.buffer);
  const rows = a.length / dim;
  const columns = b.length / dim;
  const widest = upToFour(Math.min(dim, dotsChunk));
  const rowsAtOnce = Math.min(512, (layout.aSize / widest) & ~3);
  // A quarter of a MiB: B's block stays in the second-level cache while the rows of A pass by.
  const columnsAtOnce = Math.min(512, (65536 / widest) & ~3);
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const blockRows = Math.min(rowsAtOnce, rows - row);
    let inMemory = -1;
    for (let column = 0; column < columns; column += columnsAtOnce) {
      const blockColumns = Math.min(columnsAtOnce, columns - column);
      const resultWidth = upToFour(blockColumns);
      memory.fill(0, layout.c, layout.c + upToFour(blockRows) * resultWidth);
      for (let start = 0; start < dim; start += dotsChunk) {
        const width = Math.min(dotsChunk, dim - start);
        const padded = upToFour(width);
        if (inMemory !== start) copyRows(memory, layout.a, padded, a, dim, row, blockRows, start, width);
        inMemory = start;
        copyRows(memory, layout.b, padded, b, dim, column, blockColumns, start, width);
        const add = blockRows < 4 ? single : tiles;
        add(layout.a * 4, layout.b * 4, layout.c * 4, blockRows, blockColumns, padded * 4, resultWidth * 4);
      }
      for (let i = 0; i < blockRows; i++) {
        const from = layout.c + i * resultWidth;
        out.set(memory.subarray(from, from + blockColumns), (row + i) * columns + column);
      }
    }
  }
}

/** Copies `count` rows of a matrix, of each the numbers from `start` on, to `target` in the kernel's memory. */
function copyRows(
  memory: Float32Array,
  target: number,
  padded: number,
  matrix: Float32Array,
  dim: number,
  first: number,
  count: number,
  start: number,
  width: number,
): void {
  if (width === dim && padded === dim) {
    memory.set(matrix.subarray(first * dim, (first + count) * dim), target);
    return;
  }
  for (let i = 0; i < count; i++) {
    const from = (first + i) * dim + start;
    const to = target + i * padded;
    memory.set(matrix.subarray(from, from + width), to);
    memory.fill(0, to + width, to + padded);
  }
}
