/** What was measured of one engine. */
export interface EngineFigures {
  readonly medianMs: number;
  readonly minMs: number;
  /** The step's matrix products alone. */
  readonly productsMs?: number;
  readonly minProductsMs?: number;
  /** The part of the median step outside of the native library. */
  readonly recordMs?: number;
  /** The first step, with what it compiles. */
  readonly firstMs: number;
  /** Compiling its graph. */
  readonly compileMs?: number;
  readonly peakMiB: number;
}

/** One case. */
export interface Row {
  readonly name: string;
  readonly title: string;
  readonly gflop: number;
  readonly engines: Record<string, EngineFigures>;
  oursMs?: number;
  vsPyTorch?: number;
  vsTfjsNode?: number;
  vsFloor?: number;
  peakMiB?: number;
}

/** The middle one of several numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** Prints each row's figures and fills in its ratios: medians of steps over medians of steps in the same run. */
export function report(rows: readonly Row[]): void {
  for (const row of rows) {
    const ours = row.engines["onnxruntime"];
    if (ours) {
      row.oursMs = ours.medianMs;
      row.peakMiB = ours.peakMiB;
      row.vsFloor = ours.productsMs && ours.medianMs / ours.productsMs;
      row.vsPyTorch = ratio(ours, row.engines["pytorch"]);
      row.vsTfjsNode = ratio(ours, row.engines["tfjs-node"]);
    }
    console.log(`\n(${row.name}) ${row.title}: ${row.gflop.toFixed(2)} GFLOP of products`);
    console.log("  engine         median      min   first step   products alone (min)    GFLOP/s   peak MiB   ours is");
    for (const [engine, { medianMs, minMs, firstMs, productsMs, minProductsMs, peakMiB }] of Object.entries(row.engines)) {
      const products =
        productsMs === undefined
          ? "".padStart(33)
          : `${productsMs.toFixed(2).padStart(12)} ${`(${minProductsMs!.toFixed(2)})`.padStart(9)} ${(row.gflop / (productsMs / 1000)).toFixed(0).padStart(10)}`;
      const times = ours && engine !== "onnxruntime" ? `${(ours.medianMs / medianMs).toFixed(2)} ×` : "";
      console.log(
        `  ${engine.padEnd(11)} ${medianMs.toFixed(2).padStart(9)} ${minMs.toFixed(2).padStart(8)} ${firstMs.toFixed(0).padStart(12)} ${products} ${peakMiB.toFixed(0).padStart(10)}   ${times}`,
      );
    }
    if (ours && row.vsFloor) {
      const share = ((100 * ours.recordMs!) / ours.medianMs).toFixed(1);
      console.log(
        `  ours is ${row.vsFloor.toFixed(2)} × the floor (its own products alone); ${ours.recordMs!.toFixed(2)} ms of it (${share} %) is recording; the graph compiled in ${ours.compileMs!.toFixed(0)} ms`,
      );
    }
  }
}

function ratio(ours: EngineFigures, theirs: EngineFigures | undefined): number | undefined {
  return theirs && ours.medianMs / theirs.medianMs;
}
