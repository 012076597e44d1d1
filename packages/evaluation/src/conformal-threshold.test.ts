import { Random } from "@quaterion/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conformalThreshold } from "./conformal-threshold.js";

describe("conformalThreshold", () => {
  it("is the k-th smallest score, k = ⌊falseAlarms · (n + 1)⌋, by hand", () => {
    const scores = [0.9, 0.1, 0.5, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6]; // n + 1 = 10
    expect(conformalThreshold(scores, 0.1)).toBe(0.1);
    expect(conformalThreshold(scores, 0.29)).toBe(0.2);
    expect(
      conformalThreshold(
        Float64Array.from({ length: 99 }, (_, i) => i + 1),
        0.29,
      ),
    ).toBe(29); // 0.29 · 100 is 28.999999999999996
    expect(conformalThreshold(scores, 0.09)).toBe(Number.NEGATIVE_INFINITY);
    expect(conformalThreshold(scores, 1)).toBe(0.9);
    expect(scores[0]).toBe(0.9); // the caller's list is not sorted
  });

  it("keeps its promise exactly: of n + 1 inputs that could change places, the one left out is refused in at most that share of cases", () => {
    // Every score in turn is the later input, the others are held out: the theorem itself, for any scores, ties among them too.
    const scores = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(scores, fc.integer({ min: 0, max: 10 }), (all, tenths) => {
        const refused = all.filter((score, i) => score < conformalThreshold(all.toSpliced(i, 1), tenths / 10)).length;
        expect(refused).toBeLessThanOrEqual((tenths / 10) * all.length + 1e-9);
      }),
    );
  });

  it("refuses as many as it may where no two scores are equal", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.integer({ min: 0, max: 10 }), (n, tenths) => {
        const all = Array.from({ length: n }, (_, i) => (i * 37) % 61);
        const refused = all.filter((score, i) => score < conformalThreshold(all.toSpliced(i, 1), tenths / 10)).length;
        expect(refused).toBe(Math.min(n - 1, Math.floor((tenths / 10) * n + 1e-9)));
      }),
    );
  });

  it("keeps its promise on new draws, of any distribution, on average over held-out sets", () => {
    const random = new Random(7);
    const draws = [() => random.normal(), () => random.uniform() ** 5, () => Math.floor(random.uniform() * 4)];
    for (const draw of draws) {
      for (const promised of [0.02, 0.1]) {
        let refused = 0;
        const trials = 4000;
        for (let trial = 0; trial < trials; trial++) {
          const threshold = conformalThreshold(Float64Array.from({ length: 60 }, draw), promised);
          if (draw() < threshold) refused++;
        }
        // Three standard errors above the promise.
        expect(refused / trials).toBeLessThan(promised + 3 * Math.sqrt((promised * (1 - promised)) / trials));
      }
    }
  });

  it("says what it expects", () => {
    expect(() => conformalThreshold([], 0.1)).toThrow("received none");
    expect(() => conformalThreshold([1, Number.NaN], 0.1)).toThrow("NaN at 1");
    expect(() => conformalThreshold([1], 1.1)).toThrow(/falseAlarms/);
  });
});
