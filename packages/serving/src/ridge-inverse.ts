import { innerProducts, matrixProduct, transposedProduct } from "@quaterion/search";
import { symmetricInverse } from "./inverse.js";

/**
 * Applies (I + scale · XᵀX)⁻¹ to the rows of a matrix. Inverts the smaller of the two Gram matrices: of n rows and dimension dim, where
 * n < dim, (I + scale XᵀX)⁻¹ = I − scale Xᵀ (I + scale XXᵀ)⁻¹ X (Woodbury, 1950).
 * @param rows X, `[n, dim]`, row-major
 * @param scale above 0
 * @returns a function from `[m, dim]` to a new `[m, dim]`
 */
export function ridgeInverse(rows: Float32Array, dim: number, scale: number): (matrix: Float32Array) => Float32Array {
  const n = rows.length / dim;
  if (n >= dim) {
    const inverse = shiftedInverse(transposedProduct(rows, rows, n), dim, scale);
    return (matrix) => innerProducts(matrix, inverse, dim);
  }
  const inverse = shiftedInverse(innerProducts(rows, rows, dim), n, scale);
  return (matrix) => {
    const weights = innerProducts(innerProducts(matrix, rows, dim), inverse, n); // [m, n]
    const out = matrixProduct(weights, rows, n); // [m, dim]
    for (let i = 0; i < out.length; i++) out[i] = matrix[i]! - scale * out[i]!;
    return out;
  };
}

/** (I + scale · gram)⁻¹ */
function shiftedInverse(gram: Float32Array, size: number, scale: number): Float32Array {
  const matrix = Float64Array.from(gram, (entry) => scale * entry);
  for (let k = 0; k < size; k++) matrix[k * size + k]! += 1;
  return Float32Array.from(symmetricInverse(matrix, size));
}
