import { NonFiniteError, Random } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { blockInverse } from "./block-inverse.js";
import { symmetricInverse } from "./inverse.js";

/** I + scale · XᵀX of random X whose columns shrink: a condition number of about `scale` × `size`. */
function positive(size: number, scale: number): Float32Array {
  const random = new Random(size);
  const x = Float64Array.from({ length: size * size }, (_, i) => random.normal() / (1 + (i % size)));
  const out = new Float32Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? 1 : 0;
      for (let k = 0; k < size; k++) sum += scale * x[k * size + i]! * x[k * size + j]!;
      out[i * size + j] = sum;
      out[j * size + i] = sum;
    }
  }
  return out;
}
const largest = (numbers: ArrayLike<number>) => Array.from(numbers).reduce((most, each) => Math.max(most, Math.abs(each)), 0);

describe("blockInverse", () => {
  it.each([5, 96, 97, 200, 333])("of size %i is what float64 makes", (size) => {
    for (const scale of [0.1, 1, 10]) {
      const matrix = positive(size, scale);
      const expected = symmetricInverse(Float64Array.from(matrix), size);
      const found = blockInverse(matrix, size);
      expect(largest(found.map((each, i) => each - expected[i]!))).toBeLessThan(1e-4);
    }
  });

  it("is float64's where float32 is not good enough", () => {
    const size = 120;
    const matrix = positive(size, 3e6);
    expect(blockInverse(matrix, size)).toEqual(Float32Array.from(symmetricInverse(Float64Array.from(matrix), size)));
    expect(blockInverse(positive(size, 1), size)).not.toEqual(
      Float32Array.from(symmetricInverse(Float64Array.from(positive(size, 1)), size)),
    );
  });

  it("refuses a matrix that has no such inverse", () => {
    expect(() => blockInverse(new Float32Array(150 * 150).fill(1), 150)).toThrow(NonFiniteError);
    expect(() => blockInverse(positive(150, 1).fill(Number.NaN, 150 * 100 + 3, 150 * 100 + 4), 150)).toThrow("is not positive definite");
  });
});
