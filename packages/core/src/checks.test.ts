import { describe, expect, it } from "vitest";
import * as checks from "./checks.js";
import { InvalidArgumentError } from "./errors.js";

const rejected: [string, checks.Check<unknown>, unknown[], unknown[]][] = [
  ["finiteNumber", checks.finiteNumber, [0, -1.5, 1e300], [Number.NaN, Number.POSITIVE_INFINITY, "1", null]],
  ["positiveFiniteNumber", checks.positiveFiniteNumber, [0.1, 3], [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "3"]],
  ["nonNegativeNumber", checks.nonNegativeNumber, [0, 0.5], [-0.1, Number.NaN]],
  ["positiveInteger", checks.positiveInteger, [1, 7], [0, 1.5, -1, "1", 2 ** 53]],
  ["nonNegativeInteger", checks.nonNegativeInteger, [0, 7], [-1, 0.5]],
  ["fraction", checks.fraction, [0, 0.3, 1], [-0.01, 1.01, Number.NaN, "0.5"]],
  ["boolean", checks.boolean, [true, false], [0, "true", undefined]],
  ["nonEmptyString", checks.nonEmptyString, ["a"], ["", "  ", 1, undefined]],
  ["list", checks.list, [[], [1], new Float32Array(2), { length: 0 }], [undefined, null, {}, "text", 3]],
  ["oneOf", checks.oneOf(["masked", "distinct"]), ["masked"], ["maskd", 1, undefined]],
  ["oneOfFew", checks.oneOfFew(["masked", "distinct"]), ["masked"], ["maskd", 1, undefined, ["masked"]]],
];

describe.each(rejected)("%s", (_, check, good, bad) => {
  it("returns what fits, unchanged", () => {
    for (const value of good) expect(check(value, "x")).toBe(value);
  });
  it("names the argument and what came when it does not fit", () => {
    for (const value of bad) {
      expect(() => check(value, "where.what")).toThrow(InvalidArgumentError);
      expect(() => check(value, "where.what")).toThrow(`\`where.what\` must be`);
      expect(() => check(value, "where.what")).toThrow(checks.shown(value));
    }
  });
});

describe("oneOf", () => {
  it("suggests the nearest name", () => {
    expect(() => checks.oneOf(["masked", "distinct"])("maskd", "policy")).toThrow('Did you mean "masked"?');
  });
});

describe("oneOfFew", () => {
  it("names them all", () => {
    expect(() => checks.oneOfFew(["masked", "distinct"])("maskd", "policy")).toThrow(
      '`policy` must be one of "masked", "distinct"; received "maskd".',
    );
  });
});

describe("checkOptions", () => {
  const known = { margin: checks.positiveFiniteNumber, swap: checks.boolean };

  it("lets known, absent and undefined options pass", () => {
    checks.checkOptions("tripletMargin", { margin: 1, swap: undefined }, known);
    checks.checkOptions("tripletMargin", undefined, known);
  });
  it("suggests the nearest option for an unknown one", () => {
    expect(() => checks.checkOptions("tripletMargin", { margn: 1 }, known)).toThrow(
      '`tripletMargin` has no option `margn`. Did you mean "margin"?',
    );
  });
  it("names all options of a unit of few", () => {
    expect(() => checks.checkFewOptions("tripletMargin", { margn: 1 }, known)).toThrow(
      "`tripletMargin` has no option `margn`. It has `margin`, `swap`.",
    );
  });
  it("does not take names of Object.prototype for options", () => {
    expect(() => checks.checkOptions("tripletMargin", { toString: 1 }, known)).toThrow("has no option `toString`");
  });
  it("names unit and option when the value is wrong", () => {
    expect(() => checks.checkOptions("tripletMargin", { margin: -1 }, known)).toThrow(
      "`tripletMargin.margin` must be a finite number above 0; received -1.",
    );
  });
  it("looks at options that are inherited, since they are read", () => {
    expect(() => checks.checkOptions("tripletMargin", Object.create({ margin: -1 }), known)).toThrow("`tripletMargin.margin` must be");
  });
  it("wants an object", () => {
    for (const wrong of [3, null, [1], () => 1, "margin"])
      expect(() => checks.checkOptions("tripletMargin", wrong, known)).toThrow(
        `\`tripletMargin\` must be given options by name, { margin, swap }; received ${checks.shown(wrong)}.`,
      );
  });
  it("of few options wants an object too", () => {
    for (const wrong of [3, null, [1], () => 1, "margin"])
      expect(() => checks.checkFewOptions("tripletMargin", wrong, known)).toThrow(
        `\`tripletMargin\` must be given options by name; received ${checks.shown(wrong)}.`,
      );
  });
});

describe("shown", () => {
  it("tells a number from its text and stays short", () => {
    expect(checks.shown(3)).toBe("3");
    expect(checks.shown("3")).toBe('"3"');
    expect(checks.shown("x".repeat(100)).length).toBeLessThan(63);
    expect(checks.shown([1, 2])).toBe("an array of 2");
    expect(checks.shown(new Float32Array(2))).toBe("a Float32Array");
    expect(checks.shown({ a: 1 })).toBe("an object with keys a");
  });
});
