import { type Check, checkOptions, positiveInteger } from "@quaterion/core";

/** Options of `fit.gradientCache`. */
export interface GradientCacheOptions {
  /**
   * Rows that go through encoder and head at a time: what memory there grows with. Default: 256, or where the encoder is trained
   * as many as keep about half a gigabyte.
   */
  chunk?: number | undefined;
  /** Anchors that are compared with all candidates at a time. Default: as many as make 4 million pairs. */
  block?: number | undefined;
}

/** Numbers that a chunk keeps for its gradients, where rows tell how many they do. */
const chunkNumbers = 2 ** 27;
/** Pairs of a block. */
const blockPairs = 2 ** 22;

/** A run of rows. */
export interface RowRange {
  readonly start: number;
  readonly size: number;
}

/** Rows in runs of `size`, the last one shorter where they do not divide. */
export function rowRanges(rows: number, size: number): RowRange[] {
  return Array.from({ length: Math.ceil(rows / size) }, (_, i) => ({ start: i * size, size: Math.min(size, rows - i * size) }));
}

/** Runs of anchors, each against `candidates`: of one size but for the last, so that an engine compiles two graphs at most. */
export function anchorBlocks(anchors: number, candidates: number, block: number | undefined): RowRange[] {
  if (block !== undefined) return rowRanges(anchors, block);
  const most = Math.max(1, Math.floor(blockPairs / candidates));
  return rowRanges(anchors, Math.ceil(anchors / Math.ceil(anchors / most)));
}

/**
 * Rows in a chunk. Vectors: 256. Of values that an encoder is trained on as many, a power of two, as keep about half a gigabyte for their gradients: 64 sentences
 * or a page of MiniLM's. More is hardly faster.
 * @param trained whether an encoder is trained, not a head alone
 * @param numbers that a row keeps for its gradient, where that is known
 */
export function chunkRows({ chunk }: GradientCacheOptions, trained: boolean, numbers?: number): number {
  if (chunk !== undefined || !trained) return chunk ?? 256;
  return numbers === undefined ? 64 : 2 ** Math.max(0, Math.floor(Math.log2(chunkNumbers / numbers)));
}

/** Checks the option `gradientCache` of `fit`. */
export const gradientCacheValue: Check<unknown> = (value, argument) => {
  checkOptions(argument, value, { chunk: positiveInteger, block: positiveInteger });
  return value;
};
