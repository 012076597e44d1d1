import { anything, checkOptions, InvalidArgumentError, NonFiniteError, oneOf, positiveInteger, shown } from "@quaterion/core";
import { innerProducts } from "./inner-products.js";
import { countOf } from "./matrix-arguments.js";
import { norms } from "./norms.js";
import { squaredDistances } from "./squared-distances.js";
import { TopK } from "./top-k.js";

/**
 * What "near" means; higher is nearer in each: `"cosine"` in [−1, 1] (0 for a vector of length 0), `"dot"` the inner product,
 * `"euclidean"` the distance with a minus, −‖a − b‖.
 */
export type Similarity = "cosine" | "dot" | "euclidean";

/** The similarities, for checks and help texts. */
export const similarities: readonly Similarity[] = ["cosine", "dot", "euclidean"];

export interface NearestOptions {
  dim: number;
  /** How many to find for each query. */
  k: number;
  /** Default `"cosine"`. */
  similarity?: Similarity | undefined;
  /** The gallery row that each query is itself, which is not found: `"same-row"` where queries and gallery are one matrix, or `[queries]` rows, −1 for none. */
  exclude?: "same-row" | Int32Array | undefined;
  /** Which gallery rows may be found, `[gallery]` of 0 and 1: one for all queries, or a function that gives each query's; it is asked once for every 2,048 gallery rows. */
  mask?: Uint8Array | ((query: number) => Uint8Array) | undefined;
  /** Lengths of the gallery's rows, if {@link norms} has been called already: saves a pass over the gallery. */
  galleryNorms?: Float64Array | undefined;
}

/** Neighbours, best first; of equally similar ones the lower row first. */
export interface Neighbors {
  /** Gallery rows, `[queries, k]`; −1 where fewer than k rows may be found. */
  readonly indices: Int32Array;
  /** `[queries, k]`; −Infinity where the index is −1. */
  readonly similarities: Float32Array;
}

const queriesAtOnce = 512;
const rowsAtOnce = 2048;

/**
 * The k nearest gallery rows of each query, exactly, in memory that does not grow with queries × gallery (about 4 MiB beside the result).
 * @param queries `[queries, dim]`, row-major
 * @param gallery `[gallery, dim]`, row-major
 * @throws {InvalidArgumentError} on a wrong shape or option
 * @throws {NonFiniteError} when a row holds NaN or infinity, or a similarity overflows float32
 */
export function nearest(queries: Float32Array, gallery: Float32Array, options = {} as NearestOptions): Neighbors {
  checkOptions("nearest", options, {
    dim: positiveInteger,
    k: positiveInteger,
    similarity: oneOf(similarities),
    exclude: anything,
    mask: anything,
    galleryNorms: anything,
  });
  const { dim, k, similarity = "cosine", exclude, mask } = options;
  const count = countOf(queries, positiveInteger(dim, "nearest.dim"), "queries", "dim");
  const rows = countOf(gallery, dim, "gallery", "dim");
  positiveInteger(k, "nearest.k");
  checkExclude(exclude, count, rows);
  const maskOf = maskReader(mask, rows);
  const result: Neighbors = { indices: new Int32Array(count * k), similarities: new Float32Array(count * k) };
  const lengths = similarity === "cosine" ? lengthsOf(gallery, dim, options.galleryNorms, rows) : undefined;

  const block = new Float32Array(Math.min(count, queriesAtOnce) * Math.min(rows, rowsAtOnce));
  for (let first = 0; first < count; first += queriesAtOnce) {
    const last = Math.min(count, first + queriesAtOnce);
    let part = queries.subarray(first * dim, last * dim);
    if (lengths) part = normalized(part, dim, first);
    const heaps = Array.from({ length: last - first }, (_, i) => {
      const from = (first + i) * k;
      return new TopK(result.similarities.subarray(from, from + k), result.indices.subarray(from, from + k));
    });
    for (let row = 0; row < rows; row += rowsAtOnce) {
      const end = Math.min(rows, row + rowsAtOnce);
      const width = end - row;
      const values = block.subarray(0, (last - first) * width);
      const candidates = gallery.subarray(row * dim, end * dim);
      if (similarity === "euclidean") toDistances(squaredDistances(part, candidates, dim, values));
      else innerProducts(part, candidates, dim, values);
      if (lengths) toCosines(values, lengths.subarray(row, end));
      for (let i = 0; i < heaps.length; i++) {
        const query = first + i;
        const self = exclude === "same-row" ? query : (exclude?.[query] ?? -1);
        const allowed = maskOf?.(query);
        const heap = heaps[i]!;
        let { least } = heap;
        for (let j = 0, at = i * width; j < width; j++, at++) {
          const value = values[at]!;
          // Also true for NaN, so that it can't pass unseen.
          if (!(value <= least) || least === Number.NEGATIVE_INFINITY) {
            const index = row + j;
            if (index === self || allowed?.[index] === 0) continue;
            if (!Number.isFinite(value)) throw nonFinite(queries, query, gallery, index, dim, value);
            heap.push(value, index);
            least = heap.least;
          }
        }
      }
    }
    for (const heap of heaps) heap.sort();
  }
  return result;
}

function checkExclude(exclude: unknown, queries: number, rows: number): void {
  if (exclude === undefined) return;
  if (exclude === "same-row") {
    if (queries === rows) return;
    throw new InvalidArgumentError(
      `\`nearest.exclude\` is "same-row", so queries and gallery must be one matrix; received ${queries} queries and ${rows} gallery rows. Pass an Int32Array with the gallery row of each query.`,
    );
  }
  if (!(exclude instanceof Int32Array) || exclude.length !== queries) {
    const received = exclude instanceof Int32Array ? `${exclude.length} numbers` : shown(exclude);
    throw new InvalidArgumentError(
      `\`nearest.exclude\` must be "same-row" or an Int32Array of ${queries} gallery rows; received ${received}.`,
    );
  }
}

function maskReader(mask: unknown, rows: number): ((query: number) => Uint8Array) | undefined {
  if (mask === undefined) return undefined;
  const checked = (value: unknown): Uint8Array => {
    if (value instanceof Uint8Array && value.length === rows) return value;
    const received = value instanceof Uint8Array ? `${value.length} numbers` : shown(value);
    throw new InvalidArgumentError(
      `\`nearest.mask\` must be a Uint8Array of ${rows} numbers, one a gallery row, or give one; received ${received}.`,
    );
  };
  if (typeof mask === "function") return (query) => checked(mask(query));
  const one = checked(mask);
  return () => one;
}

function lengthsOf(gallery: Float32Array, dim: number, given: Float64Array | undefined, rows: number): Float64Array {
  const lengths = given ?? norms(gallery, dim);
  if (!(lengths instanceof Float64Array) || lengths.length !== rows) {
    throw new InvalidArgumentError(`\`nearest.galleryNorms\` must be a Float64Array of ${rows} numbers; received ${shown(lengths)}.`);
  }
  const bad = lengths.findIndex((length) => !Number.isFinite(length));
  if (bad >= 0) throw new NonFiniteError(`\`gallery\` row ${bad} holds NaN or infinity. Leave it out, or mend what made it.`);
  return lengths;
}

/** Rows of length 1, and of 0 where they were. */
function normalized(rows: Float32Array, dim: number, firstRow: number): Float32Array {
  const lengths = norms(rows, dim);
  return rows.map((value, at) => {
    const length = lengths[Math.floor(at / dim)]!;
    if (!Number.isFinite(length)) {
      throw new NonFiniteError(
        `\`queries\` row ${firstRow + Math.floor(at / dim)} holds NaN or infinity. Leave it out, or mend what made it.`,
      );
    }
    return length === 0 ? 0 : value / length;
  });
}

/** Divides by the candidates' lengths; rounding may carry a cosine past 1, so it is cut. */
function toCosines(values: Float32Array, lengths: Float64Array): void {
  const inverse = lengths.map((length) => (length === 0 ? 0 : 1 / length));
  for (let at = 0; at < values.length; ) {
    for (let j = 0; j < inverse.length; j++, at++) {
      const cosine = values[at]! * inverse[j]!;
      values[at] = Math.max(-1, Math.min(1, cosine));
    }
  }
}

function toDistances(values: Float32Array): void {
  for (let at = 0; at < values.length; at++) values[at] = -Math.sqrt(values[at]!);
}

function nonFinite(queries: Float32Array, query: number, gallery: Float32Array, row: number, dim: number, value: number): NonFiniteError {
  const holds = (matrix: Float32Array, at: number) => !matrix.subarray(at * dim, (at + 1) * dim).every(Number.isFinite);
  const where = holds(queries, query) ? `\`queries\` row ${query}` : holds(gallery, row) ? `\`gallery\` row ${row}` : undefined;
  return new NonFiniteError(
    where
      ? `${where} holds NaN or infinity. Leave it out, or mend what made it.`
      : `The similarity of query ${query} and gallery row ${row} is ${value}: it overflows float32. Scale the vectors down.`,
  );
}
