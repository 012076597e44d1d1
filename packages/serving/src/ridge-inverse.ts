import { innerProducts, matrixProduct, transposedProduct } from "@quaterion/search";
import { blockInverse } from "./block-inverse.js";

/** (I + scale · XᵀX)⁻¹ of rows X. */
export interface RidgeInverse {
  /** Applies it to the rows of a matrix: from `[m, dim]` to a new `[m, dim]`. */
  apply(matrix: Float32Array): Float32Array;
  /** What was inverted: (I + scale · XᵀX)⁻¹, or where there are fewer rows than dimensions (I + scale · XXᵀ)⁻¹. */
  readonly inverse: Float32Array;
}

/**
 * Inverts the smaller of the two Gram matrices: of n rows and dimension dim, where n < dim, (I + scale XᵀX)⁻¹ = I − scale Xᵀ (I + scale XXᵀ)⁻¹ X (Woodbury, 1950).
 * @param rows X, `[n, dim]`, row-major
 * @param scale above 0
 * @param gram the smaller of them, where it is known: X Xᵀ `[n, n]` where n < dim, else XᵀX `[dim, dim]`
 */
export function ridgeInverse(rows: Float32Array, dim: number, scale: number, gram?: Float32Array): RidgeInverse {
  const n = rows.length / dim;
  if (n >= dim) {
    const inverse = shiftedInverse(gram ?? transposedProduct(rows, rows, n), dim, scale);
    return { inverse, apply: (matrix) => innerProducts(matrix, inverse, dim) };
  }
  const inverse = shiftedInverse(gram ?? innerProducts(rows, rows, dim), n, scale);
  return {
    inverse,
    apply(matrix) {
      const weights = innerProducts(innerProducts(matrix, rows, dim), inverse, n); // [m, n]
      const out = matrixProduct(weights, rows, n); // [m, dim]
      for (let i = 0; i < out.length; i++) out[i] = matrix[i]! - scale * out[i]!;
      return out;
    },
  };
}

/** (I + scale · gram)⁻¹ */
function shiftedInverse(gram: Float32Array, size: number, scale: number): Float32Array {
  const matrix = gram.map((entry) => scale * entry);
  for (let k = 0; k < size; k++) matrix[k * size + k]! += 1;
  return blockInverse(matrix, size);
}
