import { describe, expect, it } from "vitest";
import { candidateBlocks } from "./candidate-blocks.js";

describe("candidateBlocks", () => {
  it("takes all at once where that is little", () => {
    expect(candidateBlocks(10, 100)).toEqual([{ start: 0, size: 10 }]);
  });
  it("bounds the numbers of a block, the last of which may be smaller", () => {
    // 2²² numbers a block, 2²⁰ a candidate: four to a block.
    expect(candidateBlocks(10, 2 ** 20)).toEqual([
      { start: 0, size: 4 },
      { start: 4, size: 4 },
      { start: 8, size: 2 },
    ]);
    expect(candidateBlocks(3, 2 ** 30)).toHaveLength(3);
  });
  it("makes 64 blocks at most", () => {
    expect(candidateBlocks(640, 2 ** 30)).toHaveLength(64);
    expect(candidateBlocks(641, 2 ** 30)).toHaveLength(59); // eleven each
  });
});
