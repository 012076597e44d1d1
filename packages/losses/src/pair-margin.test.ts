import { describe, expect, it } from "vitest";
import { keptBy } from "../test/kept-by.js";
import { pairMargin } from "./pair-margin.js";

describe("pairMargin", () => {
  it("keeps similar pairs beyond one margin and dissimilar pairs within the other, borders excluded", async () => {
    const distances = [[0.25, 0.5, 0.75, 0.25, 0.5, 0.75, 0.5]];
    const relations = [[1, 1, 1, -1, -1, -1, 0]];
    expect(await keptBy(pairMargin({ positiveMargin: 0.25, negativeMargin: 0.75 }), distances, relations)).toEqual([
      [0, 1, 1, -1, -1, 0, 0],
    ]);
    expect(await keptBy(pairMargin({ positiveMargin: 0.5, negativeMargin: 0.5 }), distances, relations)).toEqual([[0, 0, 1, -1, 0, 0, 0]]);
    expect(await keptBy(pairMargin(), [[0.1, 0.3, 0.7, 0.9]], [[1, 1, -1, -1]])).toEqual([[0, 1, -1, 0]]); // 0.2 and 0.8
  });
  it("says which margin is wrong", () => {
    expect(() => pairMargin({ positiveMargin: Number.NaN })).toThrow("`pairMargin.positiveMargin` must be a finite number");
    expect(() => pairMargin({ negativeMargin: "1" as never })).toThrow("`pairMargin.negativeMargin` must be a finite number");
  });
});
