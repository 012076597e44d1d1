import { Random } from "@quaterion/core";
import { expect, it } from "vitest";
import { ridgeInverse } from "./ridge-inverse.js";

it.each([3, 5, 12])("gives back what (I + scale XᵀX) was applied to, of %d rows in 5 dimensions", (n) => {
  const dim = 5;
  const scale = 1.7;
  const random = new Random(6);
  const rows = Float32Array.from({ length: n * dim }, () => random.normal());
  const matrix = Float32Array.from({ length: 2 * dim }, () => random.normal());
  const applied = matrix.slice();
  for (let i = 0; i < 2; i++) {
    for (let r = 0; r < n; r++) {
      let product = 0;
      for (let k = 0; k < dim; k++) product += matrix[i * dim + k]! * rows[r * dim + k]!;
      for (let k = 0; k < dim; k++) applied[i * dim + k]! += scale * product * rows[r * dim + k]!;
    }
  }
  const found = ridgeInverse(rows, dim, scale).apply(applied);
  for (const [i, number] of found.entries()) expect(number).toBeCloseTo(matrix[i]!, 4);
});
