import { describe, expect, it } from "vitest";
import { keptBy } from "../test/kept-by.js";
import { multiSimilarityMiner } from "./multi-similarity-miner.js";

describe("multiSimilarityMiner", () => {
  it("keeps what is not easier than the hardest of the other kind, by more than ε", async () => {
    // Similar at 1, 2, 4; dissimilar at 3, 4.5, 6. Nearest dissimilar 3, farthest similar 4.
    const [distances, relations] = [[[1, 2, 4, 3, 4.5, 6]], [[1, 1, 1, -1, -1, -1]]];
    expect(await keptBy(multiSimilarityMiner({ epsilon: 0 }), distances, relations)).toEqual([[0, 0, 1, -1, 0, 0]]);
    // 2 + 1 is not above 3 (a border is excluded); 4.5 − 1 is below 4.
    expect(await keptBy(multiSimilarityMiner({ epsilon: 1 }), distances, relations)).toEqual([[0, 0, 1, -1, -1, 0]]);
    expect(await keptBy(multiSimilarityMiner({ epsilon: 1.5 }), distances, relations)).toEqual([[0, 1, 1, -1, -1, 0]]);
    expect(await keptBy(multiSimilarityMiner(), [[1.95, 2, 2.05]], [[1, -1, 0]])).toEqual([[1, -1, 0]]); // ε 0.1
  });
  it("keeps nothing of an anchor that lacks a kind", async () => {
    const distances = [
      [1, 2],
      [1, 2],
    ];
    const relations = [
      [1, 1],
      [-1, -1],
    ];
    expect(await keptBy(multiSimilarityMiner(), distances, relations)).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
  it("says when ε is wrong", () => {
    expect(() => multiSimilarityMiner({ epsilon: Number.POSITIVE_INFINITY })).toThrow(
      "`multiSimilarityMiner.epsilon` must be a finite number",
    );
  });
});
