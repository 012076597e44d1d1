import {
  checkOptions,
  type Hits,
  type Index,
  type IndexItem,
  InvalidArgumentError,
  type Json,
  NonFiniteError,
  nonEmptyString,
  oneOf,
  optional,
  positiveInteger,
  type SearchOptions,
  shown,
} from "@quaterion/core";
import { countOf } from "./matrix-arguments.js";
import { nearest, type Similarity, similarities } from "./nearest.js";
import { norms } from "./norms.js";

export interface MemoryIndexOptions {
  dim: number;
  /** Default `"cosine"`. */
  similarity?: Similarity | undefined;
}

/** An item's place in the index: its vector lies in row `row` of the matrix. */
interface Entry {
  readonly id: string;
  space: string | undefined;
  payload: Json | undefined;
}

/**
 * An index in memory that searches exactly, every vector, on WebAssembly SIMD. Of equally similar items the one that was added first comes
 * first; an item that is upserted again keeps its place. Vectors are copied in and out.
 * @throws {InvalidArgumentError} when a vector or query has another size, or `k` is not a whole number of 1 or more
 * @throws {NonFiniteError} when a vector or query holds NaN or infinity; nothing of that call is stored
 */
export function memoryIndex(options = {} as MemoryIndexOptions): Index {
  checkOptions("memoryIndex", options, { dim: positiveInteger, similarity: oneOf(similarities) });
  const { dim, similarity = "cosine" } = options;
  positiveInteger(dim, "memoryIndex.dim");

  let entries: Entry[] = [];
  let rowOf = new Map<string, number>();
  let matrix = new Float32Array(0);
  let lengths = new Float64Array(0);

  function reserve(rows: number): void {
    if (rows * dim <= matrix.length) return;
    const capacity = Math.max(rows, Math.ceil((matrix.length / dim) * 1.5), 16);
    const grownMatrix = new Float32Array(capacity * dim);
    grownMatrix.set(matrix);
    const grownLengths = new Float64Array(capacity);
    grownLengths.set(lengths);
    matrix = grownMatrix;
    lengths = grownLengths;
  }

  function checkItem(item: IndexItem, at: number): void {
    nonEmptyString(item?.id, `items[${at}].id`);
    const { vector } = item;
    if (!(vector instanceof Float32Array) || vector.length !== dim) {
      const received = vector instanceof Float32Array ? `${vector.length} numbers` : shown(vector);
      throw new InvalidArgumentError(`The vector of item "${item.id}" must be a Float32Array of ${dim} numbers; received ${received}.`);
    }
    const bad = vector.findIndex((number) => !Number.isFinite(number));
    if (bad >= 0) throw new NonFiniteError(`The vector of item "${item.id}" holds ${vector[bad]} at place ${bad}; nothing was stored.`);
  }

  return {
    dim,

    async upsert(items) {
      if (!Array.isArray(items)) throw new InvalidArgumentError(`\`items\` must be an array of { id, vector }; received ${shown(items)}.`);
      for (const [at, item] of items.entries()) checkItem(item, at);
      reserve(entries.length + items.reduce((fresh, { id }) => fresh + (rowOf.has(id) ? 0 : 1), 0));
      for (const { id, vector, space, payload } of items) {
        const known = rowOf.get(id);
        const row = known ?? entries.length;
        if (known === undefined) rowOf.set(id, row);
        entries[row] = { id, space, payload: structuredClone(payload) };
        matrix.set(vector, row * dim);
        lengths[row] = norms(vector, dim)[0]!;
      }
    },

    async remove(ids) {
      // Of a text, each character would be taken for an id.
      if (!Array.isArray(ids)) throw new InvalidArgumentError(`\`ids\` must be an array of ids; received ${shown(ids)}.`);
      const gone = new Set(ids);
      const kept: Entry[] = [];
      for (const [row, entry] of entries.entries()) {
        if (gone.has(entry.id)) continue;
        if (kept.length < row) {
          matrix.copyWithin(kept.length * dim, row * dim, (row + 1) * dim);
          lengths[kept.length] = lengths[row]!;
        }
        kept.push(entry);
      }
      if (kept.length === entries.length) return;
      entries = kept;
      rowOf = new Map(kept.map(({ id }, row) => [id, row]));
    },

    async search(queries, searchOptions = {} as SearchOptions): Promise<Hits> {
      checkOptions("search", searchOptions, { k: positiveInteger, space: optional(nonEmptyString) });
      const { k, space } = searchOptions;
      const count = countOf(queries, dim, "queries", "dim");
      const width = Math.min(positiveInteger(k, "search.k"), Math.max(1, entries.length));
      const mask = space === undefined ? undefined : Uint8Array.from(entries, (entry) => (entry.space === space ? 1 : 0));
      const found = nearest(queries, matrix.subarray(0, entries.length * dim), {
        dim,
        k: width,
        similarity,
        mask,
        galleryNorms: lengths.subarray(0, entries.length),
      });
      const ids: string[][] = [];
      const similar: Float32Array[] = [];
      for (let query = 0; query < count; query++) {
        const rows = found.indices.subarray(query * width, (query + 1) * width);
        const end = rows.indexOf(-1);
        const hits = end < 0 ? width : end;
        ids.push(Array.from(rows.subarray(0, hits), (row) => entries[row]!.id));
        similar.push(found.similarities.slice(query * width, query * width + hits));
      }
      return { ids, similarities: similar };
    },

    async *scan() {
      // The ids of this moment: items that are removed meanwhile are left out, others are given as they are then.
      for (const { id } of [...entries]) {
        const row = rowOf.get(id);
        if (row === undefined) continue;
        const { space, payload } = entries[row]!;
        const item: IndexItem = {
          id,
          vector: matrix.slice(row * dim, (row + 1) * dim),
          ...(space !== undefined && { space }),
          ...(payload !== undefined && { payload: structuredClone(payload) }),
        };
        yield item;
      }
    },
  };
}
