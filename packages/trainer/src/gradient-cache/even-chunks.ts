/**
 * Parts a batch into chunks of about as much work each, so that an engine compiles one graph for nearly all of them: positions are dealt out by their size,
 * largest first, to and fro. Without sizes they stay in their order.
 * @param rows rows of the data
 * @param chunkOf rows in a chunk at most, given what a row is on average where that is known
 * @returns positions within `rows`, each once, ascending in each chunk
 */
export function evenChunks(rows: Uint32Array, chunkOf: (mean?: number) => number, sizeOf?: (row: number) => number): Uint32Array[] {
  const sizes = sizeOf && Float64Array.from(rows, sizeOf);
  const chunk = chunkOf(sizes && sizes.reduce((sum, size) => sum + size, 0) / sizes.length);
  const count = Math.ceil(rows.length / chunk);
  if (sizes === undefined) return Array.from({ length: count }, (_, i) => ascending(i * chunk, Math.min(rows.length, (i + 1) * chunk)));
  const order = ascending(0, rows.length).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  const chunks = Array.from({ length: count }, (): number[] => []);
  for (const [i, position] of order.entries()) {
    const [round, at] = [Math.floor(i / count), i % count];
    chunks[round % 2 === 0 ? at : count - 1 - at]!.push(position);
  }
  return chunks.map((positions) => Uint32Array.from(positions).sort());
}

function ascending(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to - from }, (_, i) => from + i);
}
