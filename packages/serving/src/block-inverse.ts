import { NonFiniteError } from "@quaterion/core";
import { innerProducts, matrixProduct, transposedProduct } from "@quaterion/search";
import { symmetricInverse } from "./inverse.js";

/** Sizes up to which plain loops are as fast as products of parts. */
const smallest = 96;

/**
 * Inverse of a symmetric positive definite matrix in float32, by the inverses of its parts: of [P Qᵀ; Q R] with T = Q P⁻¹ and the Schur complement
 * S = R − T Qᵀ it is [P⁻¹ + Tᵀ S⁻¹ T, −Tᵀ S⁻¹; −S⁻¹ T, S⁻¹], so that nearly all its work is matrix products. Good to about 1e-7 × the condition number:
 * where that is no good, of what {@link symmetricInverse} makes in float64.
 * @param matrix `[size, size]`
 * @throws {NonFiniteError} when the matrix is not positive definite
 */
export function blockInverse(matrix: Float32Array, size: number): Float32Array {
  if (size > smallest) {
    try {
      const inverse = ofParts(matrix, size);
      if (isInverse(inverse, matrix, size)) return inverse;
    } catch (error) {
      if (!(error instanceof NonFiniteError)) throw error;
    }
  }
  return Float32Array.from(symmetricInverse(Float64Array.from(matrix), size));
}

function ofParts(matrix: Float32Array, size: number): Float32Array {
  if (size <= smallest) return Float32Array.from(symmetricInverse(Float64Array.from(matrix), size));
  const first = (size >> 1) & ~7;
  const second = size - first;
  const p = ofParts(part(matrix, size, 0, first, 0, first), first);
  const q = part(matrix, size, first, second, 0, first);
  const t = innerProducts(q, p, first); // [second, first]
  const s = part(matrix, size, first, second, first, second);
  const taken = innerProducts(t, q, first);
  for (let i = 0; i < s.length; i++) s[i]! -= taken[i]!;
  const inverse = ofParts(s, second);
  const u = matrixProduct(inverse, t, second); // [second, first]
  const corner = transposedProduct(t, u, second); // [first, first]
  const out = new Float32Array(size * size);
  for (let i = 0; i < first; i++) {
    for (let j = 0; j < first; j++) out[i * size + j] = p[i * first + j]! + corner[i * first + j]!;
    for (let j = 0; j < second; j++) out[i * size + first + j] = -u[j * first + i]!;
  }
  for (let i = 0; i < second; i++) {
    const row = (first + i) * size;
    for (let j = 0; j < first; j++) out[row + j] = -u[i * first + j]!;
    out.set(inverse.subarray(i * second, (i + 1) * second), row + first);
  }
  return out;
}

/** A part of a matrix, copied. */
function part(matrix: Float32Array, size: number, row: number, rows: number, column: number, columns: number): Float32Array {
  const out = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const from = (row + i) * size + column;
    out.set(matrix.subarray(from, from + columns), i * columns);
  }
  return out;
}

/** How far the product of both may be from the identity. */
const tolerance = 1e-3;

/** Is the product with the matrix the identity, for two vectors that touch every row? */
function isInverse(inverse: Float32Array, matrix: Float32Array, size: number): boolean {
  const probes = Float32Array.from({ length: 2 * size }, (_, i) => (i < size || i % 2 === 0 ? 1 : -1));
  const back = innerProducts(innerProducts(probes, inverse, size), matrix, size);
  return back.every((number, i) => Math.abs(number - probes[i]!) <= tolerance);
}
