import { describe, expect, it } from "vitest";
import { keptTriplets } from "../test/kept-by.js";
import { type TripletMarginMinerOptions, tripletMarginMiner } from "./triplet-margin-miner.js";

// One anchor, a positive at 2, negatives at 1, 2, 2.5, 3 and 4: gaps −1, 0, 0.5, 1 and 2. A row of unknown pairs.
const distances = [[2, 1, 2, 2.5, 3, 4, 9]];
const relations = [[1, -1, -1, -1, -1, -1, 0]];
const negatives = async (options: TripletMarginMinerOptions) =>
  (await keptTriplets(tripletMarginMiner(options), distances, relations)).map(({ triplet, share }) => {
    expect(share).toBe(1);
    return triplet[2];
  });

describe("tripletMarginMiner", () => {
  it("keeps triplets by their gap", async () => {
    expect(await negatives({ margin: 1 })).toEqual([1, 2, 3, 4]);
    expect(await negatives({ margin: 1, keep: "all" })).toEqual([1, 2, 3, 4]);
    expect(await negatives({ margin: 1, keep: "hard" })).toEqual([1, 2]);
    expect(await negatives({ margin: 1, keep: "semiHard" })).toEqual([3, 4]);
    expect(await negatives({ margin: 1, keep: "easy" })).toEqual([5]);
    expect(await negatives({})).toEqual([1, 2]); // 0.2
  });
  it("keeps what violates a margin below 0 by that margin", async () => {
    expect(await negatives({ margin: -0.5, keep: "hard" })).toEqual([1]);
    expect(await negatives({ margin: -0.5, keep: "semiHard" })).toEqual([]);
  });
  it("says which option is wrong", () => {
    expect(() => tripletMarginMiner({ margin: Number.NaN })).toThrow("`tripletMarginMiner.margin` must be a finite number");
    expect(() => tripletMarginMiner({ keep: "semihard" as never })).toThrow('Did you mean "semiHard"?');
  });
});
