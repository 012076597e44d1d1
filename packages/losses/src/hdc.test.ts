import { describe, expect, it } from "vitest";
import { keptBy } from "../test/kept-by.js";
import { hdc } from "./hdc.js";
import { tripletMargin } from "./triplet-margin.js";

// Similar at 1, 2, 3, 4, 5 and dissimilar at 6, 7, 8, over two anchors.
const distances = [
  [1, 4, 2, 6, 9],
  [3, 5, 8, 7, 0],
];
const relations = [
  [1, 1, 1, -1, 0],
  [1, 1, -1, -1, 0],
];
const kept = async (fraction?: number) => {
  const rows = await keptBy(hdc({ fraction }), distances, relations);
  return [1, -1].map((kind) => distances.flatMap((row, i) => row.filter((_, j) => rows[i]![j] === kind)).sort());
};

describe("hdc", () => {
  it("keeps the hardest share of all pairs of each kind, rounded up", async () => {
    expect(await kept()).toEqual([
      [3, 4, 5],
      [6, 7],
    ]); // ⌈2.5⌉ and ⌈1.5⌉
    expect(await kept(0.4)).toEqual([
      [4, 5],
      [6, 7],
    ]); // 2 and ⌈1.2⌉
    expect(await kept(0.2)).toEqual([[5], [6]]);
    expect(await kept(1e-3)).toEqual([[5], [6]]);
    expect(await kept(1)).toEqual([
      [1, 2, 3, 4, 5],
      [6, 7, 8],
    ]);
  });
  it("keeps all that tie with the last", async () => {
    expect(await keptBy(hdc(), [[2, 1, 1, 1]], [[1, 1, 1, 1]])).toEqual([[1, 1, 1, 1]]);
    expect(await keptBy(hdc({ fraction: 0.25 }), [[2, 1, 1, 1]], [[1, 1, 1, 1]])).toEqual([[1, 0, 0, 0]]);
    // Equal to float32: the two orders of a pair may differ in their last digit.
    expect(await keptBy(hdc({ fraction: 0.5 }), [[1, 1 + 2 ** -23]], [[1, 1]])).toEqual([[1, 1]]);
  });
  it("keeps nothing of nothing", async () => {
    expect(await keptBy(hdc(), [[1, 2]], [[0, 0]])).toEqual([[0, 0]]);
    expect(await keptBy(hdc(), [[1, 2]], [[0, 1]])).toEqual([[0, 1]]);
  });
  it("makes a loss take whole batches only", () => {
    expect(tripletMargin({ miner: hdc() })).toMatchObject({ wholeBatch: true, memory: false });
    expect(tripletMargin()).toMatchObject({ wholeBatch: false, memory: true });
  });
  it("says when the fraction is wrong", () => {
    for (const fraction of [0, 1.1, Number.NaN])
      expect(() => hdc({ fraction })).toThrow("`hdc.fraction` must be a number above 0 and at most 1");
  });
});
