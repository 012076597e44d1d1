/** Where each text lies: texts stand one after the other in rows of one length, so that hardly anything computed is padding. */
export interface PackedTexts {
  readonly rows: number;
  /** Tokens of a row. */
  readonly length: number;
  /** Row of each text, and its first token's place there. */
  readonly places: readonly { readonly row: number; readonly start: number }[];
}

/** Tokens of a row that attention handles with little work beside the products: rows are at least this long where there are several. */
const leastLength = 32;
/** Ratio of one row length to the next: at most this share more is computed. */
const lengthStep = 1.035;

/** Row lengths in use, so that batches of about the same size make the same graph. */
export function paddedLength(length: number): number {
  let known = 1;
  while (known < length) known = Math.max(known + 1, Math.ceil(known * lengthStep));
  return known;
}

/**
 * Packs texts into rows: the longest first, each into the first row that has room (Johnson, "Near-optimal bin packing algorithms", 1973), with as
 * many rows (a power of 2) as leave under 5 % of the tokens as padding and are not short. The result follows from the lengths alone.
 * @param lengths tokens of each text, each 1 or more
 */
export function packTexts(lengths: readonly number[]): PackedTexts {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 1);
  const order = lengths.map((_, text) => text).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  for (let rows = 2 ** Math.max(0, Math.floor(Math.log2(total / leastLength))); rows > 1; rows /= 2) {
    for (
      let length = paddedLength(Math.max(longest, Math.ceil(total / rows)));
      rows * length < total / 0.95;
      length = paddedLength(length + 1)
    ) {
      const places = packInto(rows, length, lengths, order);
      if (places) return { rows, length, places };
    }
  }
  const length = paddedLength(total);
  return { rows: 1, length, places: packInto(1, length, lengths, order)! };
}

/** Undefined where the texts don't fit. */
function packInto(rows: number, length: number, lengths: readonly number[], order: readonly number[]): PackedTexts["places"] | undefined {
  const filled = new Array<number>(rows).fill(0);
  const places = new Array<{ row: number; start: number }>(lengths.length);
  for (const text of order) {
    const row = filled.findIndex((used) => used + lengths[text]! <= length);
    if (row < 0) return undefined;
    places[text] = { row, start: filled[row]! };
    filled[row]! += lengths[text]!;
  }
  return places;
}
