import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auroc } from "./auroc.js";

describe("auroc", () => {
  it("is the share of pairs in order, ties counting half: the definition", () => {
    const tenths = fc.array(
      fc.integer({ min: 0, max: 10 }).map((i) => i / 10),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(tenths, tenths, (known, unknown) => {
        const pairs = known.flatMap((k) => unknown.map((u): number => (k > u ? 1 : k === u ? 0.5 : 0)));
        expect(auroc(known, unknown)).toBeCloseTo(pairs.reduce((a, b) => a + b) / pairs.length, 12);
      }),
    );
  });
  it("refuses nothing and NaN", () => {
    expect(() => auroc([], [1])).toThrow("received 0 and 1");
    expect(() => auroc([1], [Number.NaN])).toThrow("received NaN");
  });
});
