import { InvalidArgumentError, list, NonFiniteError } from "@quaterion/core";

/**
 * How the items of a gallery are ranked for one query, as far as metrics need it: where the relevant ones stand. Ranks count from 1, over items whose
 * relation to the query is known; unknown items, and the query itself, are not in the ranking.
 */
export interface Ranking {
  /** Ranks of the relevant items, ascending. Its length is the number of relevant items in the gallery. */
  readonly ranks: Uint32Array;
  /** How relevant the item at each of `ranks` is, for graded relevance; every one 1 if absent. */
  readonly gains?: Float64Array;
  /** Items in the ranking, relevant or not. */
  readonly known: number;
}

/**
 * The ranking of one query by similarity, higher first; of equals the lower row first.
 * @param similarities `[gallery]`
 * @param relevance `[gallery]`: above 0 relevant (the number is its gain), below 0 not relevant, 0 unknown
 * @throws {NonFiniteError} when the similarity of a known item is NaN
 */
export function rankingOf(similarities: Float32Array | Float64Array, relevance: Int8Array | Float32Array): Ranking {
  list(similarities, "similarities");
  list(relevance, "relevance");
  if (similarities.length !== relevance.length) {
    throw new InvalidArgumentError(
      `\`relevance\` must have one number for each similarity, ${similarities.length}; received ${relevance.length}.`,
    );
  }
  const relevant: number[] = [];
  let known = 0;
  for (let row = 0; row < relevance.length; row++) {
    if (relevance[row] === 0) continue;
    known++;
    if (Number.isNaN(similarities[row]!))
      throw new NonFiniteError(`The similarity of gallery row ${row} is NaN. Check the vectors for NaN.`);
    if (relevance[row]! > 0) relevant.push(row);
  }
  relevant.sort((a, b) => similarities[b]! - similarities[a]! || a - b);
  // Items that are not relevant, by how many relevant ones stand before them: no need to sort them.
  const after = new Uint32Array(relevant.length + 1);
  for (let row = 0; row < relevance.length; row++) {
    if (relevance[row]! >= 0) continue;
    let low = 0;
    let high = relevant.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = relevant[middle]!;
      const before = similarities[other]! > similarities[row]! || (similarities[other] === similarities[row] && other < row);
      if (before) low = middle + 1;
      else high = middle;
    }
    after[low]!++;
  }
  const ranks = new Uint32Array(relevant.length);
  let passed = 0;
  for (let i = 0; i < ranks.length; i++) {
    passed += after[i]!;
    ranks[i] = passed + i + 1;
  }
  const graded = relevant.some((row) => relevance[row] !== 1);
  return { ranks, known, ...(graded && { gains: Float64Array.from(relevant, (row) => relevance[row]!) }) };
}
