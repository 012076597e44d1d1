/** Most numbers of one block, and most blocks: what bounds memory, and the size of the step's graph. */
const blockSize = 2 ** 22;
const mostBlocks = 64;

/** A run of candidates. */
export interface CandidateBlock {
  readonly start: number;
  readonly size: number;
}

/**
 * Cuts candidates into blocks for a formula that needs `numbersEach` numbers for each of them: a block holds 4·10⁶ numbers, or a 64th of all where
 * that is more.
 */
export function candidateBlocks(candidates: number, numbersEach: number): CandidateBlock[] {
  const width = Math.min(candidates, Math.max(1, Math.ceil(candidates / mostBlocks), Math.floor(blockSize / numbersEach)));
  return Array.from({ length: Math.ceil(candidates / width) }, (_, i) => ({
    start: i * width,
    size: Math.min(width, candidates - i * width),
  }));
}
