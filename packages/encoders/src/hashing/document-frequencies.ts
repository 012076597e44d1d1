import { IncompatibleError } from "@quaterion/core";

/** Places that features are counted in: features that share one are taken as one, which rarely matters for texts by the ten thousand. */
const buckets = 2 ** 16;

/** How many of some texts hold each feature: what is common says little. */
export class DocumentFrequencies {
  /** `[buckets]` */
  readonly counts: Uint32Array;

  constructor(
    readonly texts: number,
    counts: Uint32Array = new Uint32Array(buckets),
  ) {
    this.counts = counts;
  }

  /** Counts the features of every text once. @param featuresOf hashes of a text's features */
  static of(texts: readonly string[], featuresOf: (text: string) => Iterable<number>): DocumentFrequencies {
    const found = new DocumentFrequencies(texts.length);
    for (const text of texts) {
      const own = new Set<number>();
      for (const feature of featuresOf(text)) own.add(feature % buckets);
      for (const bucket of own) found.counts[bucket]!++;
    }
    return found;
  }

  /** What {@link bytes} wrote. @throws {IncompatibleError} when it is something else */
  static from(bytes: Uint8Array): DocumentFrequencies {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length !== 4 * (1 + buckets))
      throw new IncompatibleError(
        `Document frequencies must be ${4 * (1 + buckets)} bytes; received ${bytes.length}. Save the encoder again.`,
      );
    return new DocumentFrequencies(
      view.getUint32(0, true),
      Uint32Array.from({ length: buckets }, (_, i) => view.getUint32(4 + 4 * i, true)),
    );
  }

  /** The number of texts and the counts, as little-endian uint32. */
  bytes(): Uint8Array {
    const view = new DataView(new ArrayBuffer(4 * (1 + buckets)));
    view.setUint32(0, this.texts, true);
    for (const [i, count] of this.counts.entries()) view.setUint32(4 + 4 * i, count, true);
    return new Uint8Array(view.buffer);
  }

  /** ln((1 + texts) / (1 + texts with the feature)) + 1, as scikit-learn's smoothed weight. */
  weight(feature: number): number {
    return Math.log((1 + this.texts) / (1 + this.counts[feature % buckets]!)) + 1;
  }
}
