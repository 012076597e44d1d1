import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PeerProcess } from "../peer-process.js";
import { writeArrays } from "./arrays.js";
import { caseNamed } from "./cases.js";
import { median } from "./report.js";

const batches = [128, 256, 512, 1024, 2048, 4096, 8192, 16_384];
const dims = [64, 128, 256, 512, 1024];
const [usualBatch, usualDim] = [2048, 384];

/** What a step takes at one size. */
export interface GrowthPoint {
  readonly rows: number;
  readonly dim: number;
  readonly gflop: number;
  readonly medianMs: number;
  readonly peakMiB: number;
}

/** Times the head's step as the batch grows, and as the vectors grow, each size in a process of its own; prints tables and charts in Markdown. */
export async function growth(worker: string): Promise<GrowthPoint[]> {
  const byBatch: GrowthPoint[] = [];
  for (const rows of batches) byBatch.push(await pointOf(worker, rows, usualDim));
  show(`batch, ${usualDim} numbers a row`, byBatch, ({ rows }) => rows);
  const byDim: GrowthPoint[] = [];
  for (const dim of dims) byDim.push(await pointOf(worker, usualBatch, dim));
  show(`numbers a row, batch ${usualBatch}`, byDim, ({ dim }) => dim);
  return [...byBatch, ...byDim];
}

async function pointOf(worker: string, rows: number, dim: number): Promise<GrowthPoint> {
  const one = caseNamed(`head-${rows}-${dim}`)!;
  const folder = mkdtempSync(join(tmpdir(), "quaterion-growth-"));
  const peer = new PeerProcess(process.execPath, [worker, "onnxruntime", folder]);
  try {
    writeArrays(folder, one);
    await peer.ask({ command: "prepare", case: one.name });
    const { times, peakMiB } = await peer.ask<{ times: number[]; peakMiB: number }>({ command: "steps", count: rows > 4096 ? 5 : 15 });
    const gflop = one.products.reduce((sum, { batch, m, k, n }) => sum + 2 * batch * m * k * n, 0) / 1e9;
    return { rows, dim, gflop, medianMs: median(times), peakMiB };
  } finally {
    peer.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

function show(title: string, points: readonly GrowthPoint[], axis: (point: GrowthPoint) => number): void {
  console.log(`\n| ${title} | GFLOP of products | ms a step | GFLOP/s | peak MiB |\n|---|---|---|---|---|`);
  for (const point of points) {
    const { gflop, medianMs, peakMiB } = point;
    console.log(
      `| ${axis(point).toLocaleString("en")} | ${gflop.toFixed(2)} | ${medianMs.toFixed(1)} | ${(gflop / (medianMs / 1000)).toFixed(0)} | ${peakMiB.toFixed(0)} |`,
    );
  }
  const list = (of: (point: GrowthPoint) => number) => points.map((point) => of(point).toFixed(2)).join(", ");
  console.log(
    `\n\`\`\`mermaid\nxychart-beta\n  title "log2 of: ms a step (upper line), GFLOP of products (lower line)"\n  x-axis "${title}" [${points.map(axis).join(", ")}]\n  line [${list(({ medianMs }) => Math.log2(medianMs))}]\n  line [${list(({ gflop }) => Math.log2(gflop))}]\n\`\`\``,
  );
}
