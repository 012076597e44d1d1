import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kendall, pearson, spearman } from "./correlation.js";

const numbers = fc.array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 })), { minLength: 3, maxLength: 30 });
const differing = numbers.filter((pairs) => [0, 1].every((side) => new Set(pairs.map((pair) => pair[side])).size > 1));
const sides = (pairs: [number, number][]) => [pairs.map(([a]) => a), pairs.map(([, b]) => b)] as const;

describe("correlations", () => {
  it("of Kendall are counts of pairs: the definition", () => {
    fc.assert(
      fc.property(differing, (pairs) => {
        const [a, b] = sides(pairs);
        let [sum, inA, inB] = [0, 0, 0];
        for (let i = 0; i < a.length; i++) {
          for (let j = 0; j < i; j++) {
            const [x, y] = [Math.sign(a[i]! - a[j]!), Math.sign(b[i]! - b[j]!)];
            sum += x * y;
            inA += x * x;
            inB += y * y;
          }
        }
        expect(kendall(a, b)).toBeCloseTo(sum / Math.sqrt(inA * inB), 12);
      }),
    );
  });

  it("are symmetric, change sign with one side, and are blind to scale (Pearson) or to any rising function (ranks)", () => {
    fc.assert(
      fc.property(differing, (pairs) => {
        const [a, b] = sides(pairs);
        for (const of of [pearson, spearman, kendall]) {
          expect(of(b, a)).toBeCloseTo(of(a, b), 12);
          expect(
            of(
              a.map((x) => -x),
              b,
            ),
          ).toBeCloseTo(-of(a, b), 12);
          expect(
            of(
              a.map((x) => 3 * x + 7),
              b,
            ),
          ).toBeCloseTo(of(a, b), 12);
        }
        for (const of of [spearman, kendall]) expect(of(a.map(Math.exp), b)).toBeCloseTo(of(a, b), 12);
      }),
    );
  });

  it.each<[string, number[], number[], string]>([
    ["lengths that differ", [1, 2], [1], "received 2 and 1"],
    ["a single pair", [1], [1], "two or more; received 1 and 1"],
    ["NaN", [1, Number.NaN], [1, 2], "`a[1]` must be a finite number; received NaN"],
    ["equal numbers", [1, 2], [3, 3], "`b` must hold numbers that differ: with all 2 equal to 3 there is no correlation"],
  ])("refuse %s, in words", (_, a, b, message) => {
    for (const of of [pearson, spearman, kendall]) expect(() => of(a, b)).toThrow(message);
  });
});
