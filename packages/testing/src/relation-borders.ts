import { drawBatch, inBatch, type PlainRelationBatch } from "./plain-batch.js";

/** Batches where formulas divide by nothing, take roots of nothing, or overflow. */
export function relationBorders(): Record<string, PlainRelationBatch> {
  const usual = drawBatch(14);
  const each = (of: (row: readonly number[], i: number) => readonly number[]) => inBatch(usual.anchors.map(of), usual.relations);
  const all = (relation: number) => usual.anchors.map((_, i) => usual.anchors.map((_, j) => (i === j ? 0 : relation)));
  return {
    "all vectors equal": each(() => usual.anchors[0]!),
    "all vectors zero": each((row) => row.map(() => 0)),
    "some vectors zero": each((row, i) => (i % 3 === 0 ? row.map(() => 0) : row)),
    "vectors opposite": each((_, i) => usual.anchors[0]!.map((x) => (i % 2 === 0 ? x : -x))),
    "vectors of length 1e-4": each((row) => row.map((x) => (x * 1e-4) / Math.hypot(...row))),
    "vectors of length 5e3": each((row) => row.map((x) => (x * 5e3) / Math.hypot(...row))),
    "no similar pair": inBatch(usual.anchors, all(-1)),
    "no dissimilar pair": inBatch(usual.anchors, all(1)),
    "nothing known": inBatch(usual.anchors, all(0)),
    "one sample": inBatch([usual.anchors[0]!], [[0]]),
    "one dissimilar pair": {
      anchors: [usual.anchors[0]!],
      candidates: [usual.anchors[1]!],
      relations: [[-1]],
      inBatch: false,
      amongCandidates: [[0]],
      amongAnchors: [[0]],
    },
  };
}
