import { anything, checkOptions, InvalidArgumentError, oneOf, positiveInteger, shown } from "@quaterion/core";
import { innerProducts, norms, type Similarity, similarities, squaredDistances } from "@quaterion/search";
import { type Ranking, rankingOf } from "./ranking.js";
import type { Relevance } from "./relevance.js";

export interface RankingsOptions {
  dim: number;
  /** Default `"cosine"`. */
  similarity?: Similarity | undefined;
  relevance: Relevance;
  /** The gallery row that each query is itself: `"same-row"` where queries and gallery are one matrix, or `[queries]` rows, −1 for none. */
  exclude?: "same-row" | Int32Array | undefined;
}

/** Similarities held at a time: 32 MiB. */
const heldAtOnce = 8 * 1024 * 1024;

/**
 * Ranks the whole gallery for each query, exactly, one ranking at a time, in memory that does not grow with queries × gallery. Each time that the
 * result is gone through, they are made anew.
 * @param queries `[queries, dim]`, row-major
 * @param gallery `[gallery, dim]`, row-major
 * @throws {InvalidArgumentError} on a wrong shape or option
 * @throws {NonFiniteError} when a similarity is NaN
 */
export function rankings(queries: Float32Array, gallery: Float32Array, options = {} as RankingsOptions): Iterable<Ranking> {
  checkOptions("rankings", options, { dim: positiveInteger, similarity: oneOf(similarities), relevance: anything, exclude: anything });
  const { dim, relevance, exclude } = options;
  positiveInteger(dim, "rankings.dim");
  for (const [name, matrix] of Object.entries({ queries, gallery })) {
    if (!(matrix instanceof Float32Array) || matrix.length % dim !== 0)
      throw new InvalidArgumentError(
        `\`${name}\` must be a Float32Array of rows × ${dim} numbers; received ${matrix instanceof Float32Array ? `${matrix.length} numbers` : shown(matrix)}.`,
      );
  }
  if (typeof relevance !== "function") {
    throw new InvalidArgumentError("`rankings.relevance` must be a function: labelRelevance(…) or relationRelevance(…).");
  }
  const rows = gallery.length / dim;
  const count = queries.length / dim;
  if (exclude === "same-row" ? count !== rows : exclude !== undefined && exclude.length !== count) {
    throw new InvalidArgumentError(
      `\`rankings.exclude\` must be "same-row" for one matrix, or an Int32Array of ${count} rows; there are ${rows} gallery rows; received ${typeof exclude === "object" ? `${exclude.length} rows` : shown(exclude)}.`,
    );
  }
  // More labels than vectors would go unseen, and be those of other vectors.
  if (relevance.queries !== undefined && relevance.queries > count)
    throw new InvalidArgumentError(
      `\`rankings.relevance\` must know of as many queries as there are: it has ${relevance.queries}, and \`queries\` holds ${count} rows.`,
    );
  return { [Symbol.iterator]: () => ranked(queries, gallery, options) };
}

function* ranked(queries: Float32Array, gallery: Float32Array, options: RankingsOptions): Generator<Ranking, void> {
  const { dim, similarity = "cosine", relevance, exclude } = options;
  const rows = gallery.length / dim;
  const count = queries.length / dim;
  const [from, to] = similarity === "cosine" ? [ofLengthOne(queries, dim), ofLengthOne(gallery, dim)] : [queries, gallery];
  const atOnce = Math.max(1, Math.min(256, Math.floor(heldAtOnce / Math.max(1, rows))));
  const relations = new Int8Array(rows);
  for (let first = 0; first < count; first += atOnce) {
    const part = from.subarray(first * dim, Math.min(count, first + atOnce) * dim);
    const block = similarity === "euclidean" ? squaredDistances(part, to, dim).map((d) => -d) : innerProducts(part, to, dim);
    for (let query = first; query < first + part.length / dim; query++) {
      relevance(query, relations);
      const self = exclude === "same-row" ? query : exclude?.[query];
      if (self !== undefined && self >= 0 && self < rows) relations[self] = 0;
      yield rankingOf(block.subarray((query - first) * rows, (query - first + 1) * rows), relations);
    }
  }
}

function ofLengthOne(matrix: Float32Array, dim: number): Float32Array {
  const lengths = norms(matrix, dim);
  const result = new Float32Array(matrix.length);
  for (let at = 0; at < matrix.length; at++) {
    const length = lengths[Math.floor(at / dim)]!;
    result[at] = length === 0 ? 0 : matrix[at]! / length;
  }
  return result;
}
