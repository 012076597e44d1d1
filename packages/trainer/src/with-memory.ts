import type { Batch, TrainingData } from "@quaterion/core";
import { type BatchInputs, type HostRelations, mostSimilar } from "./batch-inputs.js";
import type { MemoryBlock } from "./cross-batch-memory.js";
import type { MaskNeeds } from "./mask-needs.js";

/** A batch's inputs with a memory's embeddings after its own candidates. Pairs of both are related as within a batch. */
export function withMemory(
  inputs: BatchInputs,
  batch: Batch,
  data: TrainingData<unknown>,
  memory: MemoryBlock,
  needs: MaskNeeds,
): BatchInputs {
  const { rows } = batch;
  const candidates = batch.candidates ?? rows;
  const slots = memory.vectors.length / memory.dim;
  const width = candidates.length + slots;
  /** Columns of the rows of `candidates`, then of the memory. */
  const columns = [...candidates.keys(), ...Array.from(memory.slots, (slot) => candidates.length + slot)];
  const columnRows = Uint32Array.from([...candidates, ...memory.rows]);
  const related = (a: Uint32Array, b: Uint32Array) => data.relations.block(a, b, { view: batch.view, unknown: batch.unknown });
  const among = () => spread(related(columnRows, columnRows), columnRows.length, columns, columns, width, width);
  const own = inputs.ownNegatives && { ownNegatives: widened(inputs.ownNegatives, rows.length, candidates.length, width) };
  const between = spread(related(rows, columnRows), columnRows.length, undefined, columns, rows.length, width);
  return {
    ...inputs,
    relations: between,
    ...(inputs.mostSimilar !== undefined && { mostSimilar: mostSimilar(between, rows.length) }),
    amongAnchors: needs.amongAnchors ? (inputs.amongAnchors ?? related(rows, rows)) : undefined,
    amongCandidates: needs.amongCandidates ? among() : undefined,
    ...own,
    memory: { vectors: memory.vectors, dim: memory.dim },
  };
}

/** Relations with their rows and columns at other places, 0 elsewhere. */
function spread(
  relations: HostRelations,
  from: number,
  rows: readonly number[] | undefined,
  columns: readonly number[],
  height: number,
  width: number,
): HostRelations {
  const result = new Int8Array(height * width);
  for (let i = 0; i < relations.length / from; i++) {
    const start = (rows ? rows[i]! : i) * width;
    for (let j = 0; j < from; j++) result[start + columns[j]!] = relations[i * from + j]!;
  }
  return result;
}

function widened(mask: Float32Array, height: number, from: number, width: number): Float32Array {
  const result = new Float32Array(height * width);
  for (let i = 0; i < height; i++) result.set(mask.subarray(i * from, (i + 1) * from), i * width);
  return result;
}
