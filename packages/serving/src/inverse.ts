import { NonFiniteError } from "@quaterion/core";

/**
 * Inverse of a symmetric positive definite matrix, through its Cholesky factor; float64 inside.
 * @param matrix `[size, size]`; only its lower triangle is read
 * @throws {NonFiniteError} when the matrix is not positive definite
 */
export function symmetricInverse(matrix: Float64Array, size: number): Float64Array {
  // Factor: matrix = L·Lᵀ
  const factor = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const a = i * size;
      const b = j * size;
      const sum = matrix[a + j]! - product(factor, a, factor, b, j);
      if (i !== j) factor[a + j] = sum / factor[b + j]!;
      else if (sum > 0) factor[a + i] = Math.sqrt(sum);
      else
        throw new NonFiniteError(`A covariance of dimension ${size} is not positive definite: are the vectors finite and not all equal?`);
    }
  }
  // L⁻¹, kept transposed so that the inner loops run along rows: inverse[j, i] = (L⁻¹)[i, j]
  const inverse = new Float64Array(size * size);
  for (let j = 0; j < size; j++) {
    const column = j * size;
    inverse[column + j] = 1 / factor[column + j]!;
    for (let i = j + 1; i < size; i++) {
      const row = i * size;
      inverse[column + i] = -product(factor, row + j, inverse, column + j, i - j) / factor[row + i]!;
    }
  }
  // matrix⁻¹ = L⁻ᵀ·L⁻¹
  const out = factor;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const sum = product(inverse, i * size + i, inverse, j * size + i, size - i);
      out[i * size + j] = sum;
      out[j * size + i] = sum;
    }
  }
  return out;
}

/** Σ a·b over `length` neighbours. Four sums side by side: one alone would wait for each addition to end. */
function product(a: Float64Array, fromA: number, b: Float64Array, fromB: number, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const whole = length - (length % 4);
  for (let k = 0; k < whole; k += 4) {
    s0 += a[fromA + k]! * b[fromB + k]!;
    s1 += a[fromA + k + 1]! * b[fromB + k + 1]!;
    s2 += a[fromA + k + 2]! * b[fromB + k + 2]!;
    s3 += a[fromA + k + 3]! * b[fromB + k + 3]!;
  }
  for (let k = whole; k < length; k++) s0 += a[fromA + k]! * b[fromB + k]!;
  return s0 + s1 + (s2 + s3);
}
