import { expect, it } from "vitest";
import { clearDifferences } from "../src/clear-differences.js";

/** `first` right answers that only this model gives, `second` that only the other gives, and ten that both give. */
const set = (first: number, second: number) => {
  const truth = Array.from({ length: 10 + first + second }, () => "x");
  const answers = (wrong: (i: number) => boolean) => ({ answers: truth.map((right, i) => (wrong(i) ? "y" : right)), truth });
  return [answers((i) => i >= 10 + first), answers((i) => i >= 10 && i < 10 + first)] as const;
};

it("calls clear what chance would make less than once in 20 times", () => {
  // Of 6 questions that one model alone answers right, chance gives all to one of them in 2 of 64 cases (p = 0.03); of 5 in 2 of 32 (p = 0.06).
  const sets = { a: set(6, 0), b: set(5, 0), c: set(0, 6), d: set(0, 0) };
  const side = (i: 0 | 1) => Object.fromEntries(Object.entries(sets).map(([name, both]) => [name, both[i]]));
  expect(clearDifferences("than x", side(0), side(1))).toBe(
    "than x: clearly better on a; clearly worse on c; no clear difference on b and d.",
  );
  expect(clearDifferences("than x", side(0), { d: side(1).d! })).toBe("than x: no clear difference on d.");
});
