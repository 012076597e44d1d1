/** Bytes that a request or a reply should have at most. */
export const pieceBytes = 2 ** 22;
/** Keys of one request at most: Redis serves nobody else meanwhile. */
export const pieceKeys = 1024;

/**
 * How many entries to ask for at a time. Their sizes are not known before they come, so that it begins low, doubles, and goes by the largest that came:
 * a reply has about {@link pieceBytes}, or one entry.
 */
export class PieceSize {
  #largest = 0;
  #keys = 8;

  get keys(): number {
    return this.#keys;
  }

  /** Tells it of a reply. @param sizes bytes of its entries */
  saw(sizes: readonly number[]): void {
    for (const size of sizes) if (size > this.#largest) this.#largest = size;
    const fitting = this.#largest === 0 ? pieceKeys : Math.floor(pieceBytes / this.#largest);
    this.#keys = Math.max(1, Math.min(this.#keys * 2, pieceKeys, fitting));
  }
}
