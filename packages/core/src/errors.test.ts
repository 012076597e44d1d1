import { describe, expect, it } from "vitest";
import { ContradictionError, InvalidArgumentError, InvalidDataError, QuaterionError } from "./errors.js";

describe("QuaterionError", () => {
  it("carries its class name, code and cause", () => {
    const cause = new Error("below");
    const error = new InvalidArgumentError("`k` must be 1.", { cause });
    expect(error).toBeInstanceOf(QuaterionError);
    expect(error).toMatchObject({ name: "InvalidArgumentError", code: "INVALID_ARGUMENT", message: "`k` must be 1.", cause });
  });

  it("is known by its marker, also from another copy of the package", () => {
    const foreign = Object.assign(new Error("x"), { [Symbol.for("quaterion.error")]: true });
    expect(QuaterionError.is(foreign)).toBe(true);
    expect(QuaterionError.is(new Error("x"))).toBe(false);
    expect(QuaterionError.is(null)).toBe(false);
  });
});

describe("InvalidDataError", () => {
  it("begins with file, row and column, as far as they are known", () => {
    expect(new InvalidDataError("the text is empty.", { file: "a.csv", row: 3, column: "text" }).message).toBe(
      'a.csv, row 3, column "text": the text is empty.',
    );
    expect(new InvalidDataError("no rows.", { file: "a.csv" }).message).toBe("a.csv: no rows.");
    expect(new InvalidDataError("no rows.").message).toBe("no rows.");
  });
});

describe("ContradictionError", () => {
  it("holds the chain of declarations", () => {
    expect(new ContradictionError("a = b, a ≠ b", ["same(a, b)", "disjoint(a, b)"]).chain).toEqual(["same(a, b)", "disjoint(a, b)"]);
  });
});
