import type { Batch, Relations } from "@quaterion/core";
import { dissimilarOf, type HostRelations } from "../batch-inputs.js";
import type { MemoryBlock } from "../cross-batch-memory.js";
import type { MaskNeeds } from "../mask-needs.js";
import type { RowRange } from "./cache-sizes.js";

/** The relations of a block of anchors against all candidates, those of a memory last. */
export interface BlockMasks {
  readonly relations: HostRelations;
  readonly amongAnchors?: HostRelations;
  readonly ownNegatives?: Float32Array;
}

/** Makes the relations of a batch a block at a time: the whole would be anchors × candidates. */
export class BatchMasks {
  readonly #batch: Batch;
  readonly #relations: Relations;
  readonly #needs: MaskNeeds;
  readonly #ownNegatives: boolean;
  /** The row of each column; slots of a memory that are not filled have none. */
  readonly #columns: Uint32Array;
  readonly #filled: Uint8Array;

  constructor(batch: Batch, relations: Relations, memory: MemoryBlock | undefined, needs: MaskNeeds, ownNegatives: boolean) {
    this.#batch = batch;
    this.#relations = relations;
    this.#needs = needs;
    this.#ownNegatives = ownNegatives;
    const own = batch.candidates ?? batch.rows;
    const slots = memory ? memory.vectors.length / memory.dim : 0;
    this.#columns = new Uint32Array(own.length + slots);
    this.#columns.set(own);
    this.#filled = new Uint8Array(own.length + slots).fill(1, 0, own.length);
    for (const [i, slot] of memory?.slots.entries() ?? []) {
      this.#columns[own.length + slot] = memory!.rows[i]!;
      this.#filled[own.length + slot] = 1;
    }
  }

  /** Candidates, slots of a memory included. */
  get width(): number {
    return this.#columns.length;
  }

  block({ start, size }: RowRange): BlockMasks {
    const { rows, candidates, view } = this.#batch;
    const anchors = rows.slice(start, start + size);
    const given =
      this.#ownNegatives && candidates ? dissimilarOf(this.#cleared(this.#relations.block(anchors, this.#columns, { view }))) : undefined;
    const own = candidates?.length ?? 0;
    // What a memory holds was given to other anchors.
    given?.forEach((_, i, mask) => {
      if (i % this.width >= own) mask[i] = 0;
    });
    return {
      relations: this.#cleared(this.#related(anchors, this.#columns)),
      ...(this.#needs.amongAnchors && { amongAnchors: this.#related(anchors, anchors) }),
      ...(this.#ownNegatives && { ownNegatives: given ?? new Float32Array(size * this.width) }),
    };
  }

  /** Among all candidates, `[width, width]`, for a loss that reads them: it is as large as the batch is. */
  amongCandidates(): HostRelations | undefined {
    if (!this.#needs.amongCandidates) return undefined;
    const relations = this.#cleared(this.#related(this.#columns, this.#columns));
    for (const [row, filled] of this.#filled.entries()) {
      if (filled) continue;
      relations.fill(0, row * this.width, (row + 1) * this.width);
    }
    return relations;
  }

  #related(a: Uint32Array, b: Uint32Array): HostRelations {
    const { view, unknown } = this.#batch;
    return this.#relations.block(a, b, { view, unknown });
  }

  #cleared(relations: HostRelations): HostRelations {
    for (const [column, filled] of this.#filled.entries()) {
      if (!filled) for (let i = column; i < relations.length; i += this.width) relations[i] = 0;
    }
    return relations;
  }
}
