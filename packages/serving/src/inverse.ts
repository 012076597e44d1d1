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
      let sum = matrix[i * size + j]!;
      const a = i * size;
      const b = j * size;
      for (let k = 0; k < j; k++) sum -= factor[a + k]! * factor[b + k]!;
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
      let sum = 0;
      const row = i * size;
      for (let k = j; k < i; k++) sum -= factor[row + k]! * inverse[column + k]!;
      inverse[column + i] = sum / factor[row + i]!;
    }
  }
  // matrix⁻¹ = L⁻ᵀ·L⁻¹
  const out = factor;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < size; k++) sum += inverse[i * size + k]! * inverse[j * size + k]!;
      out[i * size + j] = sum;
      out[j * size + i] = sum;
    }
  }
  return out;
}
