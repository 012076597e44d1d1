import { type Batch, IncompatibleError, type TrainingData } from "@quaterion/core";
import type { InitialTensor } from "@quaterion/core/training";

/** Options of `fit.memory`. */
export interface MemoryOptions {
  /** Embeddings kept for each label space. */
  size: number;
  /** Steps before the memory takes part: embeddings move too fast at first. It fills from the first step on. Default: a tenth of the steps. */
  from?: number | undefined;
  /**
   * Keeps embeddings of a momentum encoder (MoCo): weights that follow those in training slowly, k ← m·k + (1−m)·q after each step, and embed without
   * dropout, so that what is kept ages less. From 0 to below 1, such as 0.99; the slower, the larger the memory may be. Each batch is embedded once more.
   * Default: none, a batch's own embeddings are kept.
   */
  momentum?: number | undefined;
}

/** Earlier embeddings that a batch is compared with. Of a shape that does not change while a memory fills: slots without a row are not used. */
export interface MemoryBlock {
  /** Rows of the data, one for each slot that is filled, the first slots first. */
  readonly rows: Uint32Array;
  /** Slots of those rows. */
  readonly slots: Uint32Array;
  /** `[slots, dim]` */
  readonly vectors: Float32Array;
  readonly dim: number;
}

/** A memory in ordinary memory, as a checkpoint keeps it. */
export interface MemorySnapshot {
  /** By label space. */
  readonly queues: Readonly<Record<string, { readonly next: number; readonly rows: readonly number[]; readonly vectors: InitialTensor }>>;
}

/** Rows of no label space: those of given pairs. */
const noSpace = "";

/**
 * Cross-batch memory: the embeddings of earlier batches, as constants, among the candidates of later ones, a queue for each label space. A batch of one space is
 * compared with that space's queue and fills it; a mixed one with all, and each of its rows fills the queues of the spaces that it has labels of.
 * Of given pairs it is the partners that are kept. The relations of a row to what is kept are those that it has to the same rows within a batch: what is
 * unknown there is unknown here, and an older embedding of a sample is, to that sample, itself.
 *
 * Wang et al., "Cross-batch memory for embedding learning", CVPR 2020, algorithm 1. Gradients reach what a batch has in common with a plain step, so that
 * with an empty memory the two are one (pytorch-metric-learning compares with copies of the batch alone).
 */
export class CrossBatchMemory {
  readonly #size: number;
  readonly #dim: number;
  readonly #data: TrainingData<unknown>;
  readonly #queues = new Map<string, Queue>();

  constructor(size: number, dim: number, data: TrainingData<unknown>) {
    this.#size = size;
    this.#dim = dim;
    this.#data = data;
    const names = data.spaces.length > 0 ? data.spaces.map(({ name }) => name) : [noSpace];
    for (const name of names) this.#queues.set(name, new Queue(size, dim));
  }

  /** What a batch is compared with, beside itself. */
  block({ space }: Batch): MemoryBlock {
    const queues = space !== undefined && this.#queues.has(space) ? [this.#queues.get(space)!] : [...this.#queues.values()];
    const vectors = new Float32Array(queues.length * this.#size * this.#dim);
    const rows: number[] = [];
    const slots: number[] = [];
    for (const [i, queue] of queues.entries()) {
      vectors.set(queue.vectors, i * this.#size * this.#dim);
      for (let slot = 0; slot < queue.filled; slot++) {
        rows.push(queue.rows[slot]!);
        slots.push(i * this.#size + slot);
      }
    }
    return { rows: Uint32Array.from(rows), slots: Uint32Array.from(slots), vectors, dim: this.#dim };
  }

  /** Keeps a batch's embeddings, in place of the oldest. @param embeddings of its rows, then of its candidates, `[rows + candidates, dim]` */
  add({ rows, candidates, space }: Batch, embeddings: Float32Array): void {
    const kept = candidates ?? rows;
    const from = candidates === undefined ? 0 : rows.length;
    const vectorOf = (i: number) => embeddings.subarray((from + i) * this.#dim, (from + i + 1) * this.#dim);
    for (const [name, queue] of this.#queues) {
      if (space !== undefined && space !== name && this.#queues.has(space)) continue;
      const all = space === name || name === noSpace;
      const classes = all ? undefined : this.#data.classesOf(name, kept);
      for (const [i, row] of kept.entries()) if (classes === undefined || classes[i]! >= 0) queue.add(row, vectorOf(i));
    }
  }

  snapshot(): MemorySnapshot {
    const queues = [...this.#queues].map(([name, queue]) => [name, queue.snapshot()] as const);
    return { queues: Object.fromEntries(queues) };
  }

  /** @throws {IncompatibleError} when it is a memory of other spaces, or of another size */
  restore({ queues }: MemorySnapshot): void {
    for (const [name, queue] of this.#queues) {
      const kept = queues[name];
      if (kept === undefined || !queue.restore(kept)) {
        throw new IncompatibleError(
          `The checkpoint's memory does not fit: expected ${this.#size} embeddings of ${this.#dim} numbers for the label space "${name}"; received ${kept ? `[${kept.vectors.shape}]` : "none"}.`,
        );
      }
    }
  }
}

/** A ring of the last embeddings. */
class Queue {
  readonly rows: Uint32Array;
  readonly vectors: Float32Array;
  readonly #dim: number;
  /** Slots in use. */
  filled = 0;
  #next = 0;

  constructor(size: number, dim: number) {
    this.rows = new Uint32Array(size);
    this.#dim = dim;
    this.vectors = new Float32Array(size * dim);
    // Slots that are not filled take no part, but a vector of length 0 there could still make a number that is none.
    for (let slot = 0; slot < size; slot++) this.vectors[slot * dim] = 1;
  }

  add(row: number, vector: Float32Array): void {
    this.rows[this.#next] = row;
    this.vectors.set(vector, this.#next * this.#dim);
    this.#next = (this.#next + 1) % this.rows.length;
    this.filled = Math.min(this.filled + 1, this.rows.length);
  }

  snapshot() {
    const vectors = { shape: [this.rows.length, this.#dim], values: this.vectors.slice() };
    return { next: this.#next, rows: [...this.rows.subarray(0, this.filled)], vectors };
  }

  restore({ next, rows, vectors }: MemorySnapshot["queues"][string]): boolean {
    if (vectors.values.length !== this.vectors.length || rows.length > this.rows.length) return false;
    this.#next = next;
    this.filled = rows.length;
    this.rows.set(rows);
    this.vectors.set(vectors.values);
    return true;
  }
}
