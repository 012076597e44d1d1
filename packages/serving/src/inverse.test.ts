import { NonFiniteError, Random } from "@quaterion/core";
import { expect, it } from "vitest";
import { symmetricInverse } from "./inverse.js";

it("gives the identity when multiplied with the matrix", () => {
  const size = 7;
  const random = new Random(2);
  const a = Float64Array.from({ length: size * size }, () => random.normal());
  const at = (m: Float64Array, i: number, j: number) => m[i * size + j]!;
  const range = [...Array(size).keys()];
  const matrix = Float64Array.from({ length: size * size }, (_, p) =>
    range.reduce((sum, k) => sum + at(a, Math.floor(p / size), k) * at(a, p % size, k), p % (size + 1) === 0 ? 0.1 : 0),
  );
  const inverse = symmetricInverse(matrix, size);
  for (const i of range) {
    for (const j of range) expect(range.reduce((sum, k) => sum + at(matrix, i, k) * at(inverse, k, j), 0)).toBeCloseTo(i === j ? 1 : 0, 8);
  }
});

it("refuses a matrix that has no such inverse", () => {
  expect(() => symmetricInverse(Float64Array.of(1, 1, 1, 1), 2)).toThrow(NonFiniteError);
  expect(() => symmetricInverse(Float64Array.of(Number.NaN), 1)).toThrow("is not positive definite");
});
