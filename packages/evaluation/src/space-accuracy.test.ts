import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameLabels } from "./same-labels.js";
import { spaceAccuracy } from "./space-accuracy.js";

const truth = ["bank/card", "bank/card", "bank/card", "bank/loan", "home/money", "home/lamp"];
const answers = ["bank/card", "bank/card", "home/money", "bank/loan", "bank/loan", "home/lamp"];

describe("spaceAccuracy", () => {
  it("counts each space and all together, over samples and over classes, by hand", () => {
    const { all, spaces, astray } = spaceAccuracy(answers, truth);
    expect(all).toMatchObject({ value: 4 / 6, right: 4, n: 6 });
    expect(all.macro).toBeCloseTo((2 / 3 + 1 + 0 + 1) / 4, 12);
    expect(spaces.bank).toMatchObject({ value: 3 / 4, n: 4 });
    expect(spaces.bank!.macro).toBeCloseTo((2 / 3 + 1) / 2, 12);
    expect(spaces.home).toMatchObject({ value: 1 / 2, n: 2, macro: 1 / 2 });
    expect(Object.keys(spaces)).toEqual(["bank", "home"]);
    expect(astray).toBe(2); // both wrong answers; right ones never are
  });

  it("takes a label that is the same for right, also when it is of another space", () => {
    const same = sameLabels({ same: [["home/money", "bank/card"]] });
    const { all, spaces, astray } = spaceAccuracy(answers, truth, { same });
    expect(all.right).toBe(5);
    expect(spaces.bank!.macro).toBe(1);
    expect(astray).toBe(1);
  });

  it("sums to the whole, whatever was answered", () => {
    const label = fc.constantFrom("a/x", "a/y", "b/x", "c/z");
    fc.assert(
      fc.property(fc.array(fc.tuple(label, label), { minLength: 1, maxLength: 30 }), (pairs) => {
        const { all, spaces, astray } = spaceAccuracy(
          pairs.map(([answer]) => answer),
          pairs.map(([, right]) => right),
        );
        const parts = Object.values(spaces);
        expect(parts.reduce((sum, { right }) => sum + right, 0)).toBe(all.right);
        expect(parts.reduce((sum, { n }) => sum + n, 0)).toBe(all.n);
        expect(astray).toBe(pairs.filter(([answer, right]) => answer[0] !== right[0]).length);
      }),
    );
  });

  it("says what it expects", () => {
    expect(() => spaceAccuracy(["a/x"], ["x"])).toThrow(/"space\/label"; received "x"/);
    expect(() => spaceAccuracy(["a/x"], ["a/x", "a/y"])).toThrow("received 1 and 2");
    expect(() => spaceAccuracy([], [])).toThrow("received 0 and 0");
  });
});

describe("sameLabels", () => {
  it("follows declarations through any number of labels, and keeps others apart", () => {
    const same = sameLabels({
      same: [
        ["a/1", "b/1"],
        ["c/1", "d/1"],
        ["b/1", "c/1"],
        ["d/1", "a/1"],
        ["a/2", "b/2"],
      ],
    });
    expect(same("a/1", "d/1")).toBe(true);
    expect(same("a/2", "b/2")).toBe(true);
    expect(same("a/1", "a/2")).toBe(false);
    expect(same("x/1", "x/1")).toBe(true);
    expect(same("x/1", "y/1")).toBe(false);
    expect(sameLabels()("a/1", "b/1")).toBe(false);
  });

  it("takes a chain of ten thousand", () => {
    const chain = Array.from({ length: 10_000 }, (_, i) => [`s/${i}`, `s/${i + 1}`] as const);
    expect(sameLabels({ same: chain })("s/0", "s/10000")).toBe(true);
  });
});
