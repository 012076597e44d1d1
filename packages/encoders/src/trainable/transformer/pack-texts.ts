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
 * Packs texts into rows: the longest first, each into the row that is emptiest yet (Graham, "Bounds on multiprocessing timing anomalies", SIAM J. Appl.
 * Math. 1969), into as many rows (a power of 2) as leave under 5 % of the tokens as padding and are not short. The result follows from the
 * lengths alone.
 * @param lengths tokens of each text, each 1 or more
 */
export function packTexts(lengths: readonly number[]): PackedTexts {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 1);
  let rows = 2 ** Math.max(0, Math.floor(Math.log2(total / leastLength)));
  // Far more texts than the longest one's length could fill are not packed tighter by fewer rows.
  while (rows > 1 && rows * longest > total * 1.05) rows /= 2;
  for (; ; rows /= 2) {
    const { filled, places } = packInto(rows, lengths);
    const length = paddedLength(Math.max(...filled));
    if (rows === 1 || rows * length <= total / 0.95) return { rows, length, places };
  }
}

function packInto(rows: number, lengths: readonly number[]): { filled: number[]; places: PackedTexts["places"] } {
  const filled = new Array<number>(rows).fill(0);
  const places = new Array<{ row: number; start: number }>(lengths.length);
  const order = lengths.map((_, text) => text).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  for (const text of order) {
    let row = 0;
    for (let other = 1; other < rows; other++) if (filled[other]! < filled[row]!) row = other;
    places[text] = { row, start: filled[row]! };
    filled[row]! += lengths[text]!;
  }
  return { filled, places };
}
