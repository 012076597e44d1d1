import { checkOptions, fraction } from "@quaterion/core";
import { innerProducts, transposedProduct } from "@quaterion/search";
import { ridgeInverse } from "../ridge-inverse.js";
import { classMeans, withoutAbsent } from "./centroids.js";
import { type DecisionRule, presentClasses, type RuleReferences } from "./decision-rule.js";

export interface ShrunkCentroidsOptions {
  /** How far the covariance is drawn to a multiple of the identity, 0 to 1; by Ledoit & Wolf's formula where it is not given. */
  shrinkage?: number;
}

/**
 * Centroids under the covariance that all classes share: the score of a class with mean μ is μᵀΣ⁻¹q − ½ μᵀΣ⁻¹μ, with
 * Σ = (1 − λ) S + λ (tr S / dim) I and S the covariance of the references about their class means.
 *
 * Linear discriminant analysis with equal priors; λ after Ledoit & Wolf, "A well-conditioned estimator for large-dimensional covariance
 * matrices", Journal of Multivariate Analysis 2004, eq. 14. Where no class has two references, Σ is the identity.
 */
export function shrunkCentroids(options: ShrunkCentroidsOptions = {}): DecisionRule {
  checkOptions("shrunkCentroids", options, { shrinkage: fraction });
  return {
    name: "shrunkCentroids",
    needs: "all",
    options: options.shrinkage === undefined ? {} : { shrinkage: options.shrinkage },
    fit(references) {
      const { vectors, dim, classes, classCount } = references;
      const { means, sizes } = classMeans(references);
      const { shrinkage, inverse } = sharedCovariance(references, means, options.shrinkage);
      const weights = inverse(means); // [classes, dim]: Σ⁻¹μ
      const offsets = new Float64Array(classCount);
      for (let c = 0; c < classCount; c++) {
        for (let k = 0; k < dim; k++) offsets[c]! += 0.5 * means[c * dim + k]! * weights[c * dim + k]!;
      }
      const present = presentClasses(references);
      return {
        fitted: { shrinkage },
        scores(queries) {
          const out = innerProducts(queries, weights, dim);
          for (let i = 0; i < out.length; i++) out[i]! -= offsets[i % classCount]!;
          return withoutAbsent(out, present);
        },
        contributions(query, classIndex) {
          // Σ over the class's references of x_i·(Σ⁻¹q − ½ Σ⁻¹μ) / n
          const direction = inverse(query).map((number, k) => number - 0.5 * weights[classIndex * dim + k]!);
          const products = innerProducts(direction, vectors, dim);
          const amounts = Float64Array.from(products, (p, i) => (classes[i] === classIndex ? p / sizes[classIndex]! : 0));
          return { amounts, total: amounts.reduce((sum, amount) => sum + amount, 0), unit: "score" };
        },
      };
    },
  };
}

/** Shrinkage λ, and a function that applies Σ⁻¹ to the rows of a matrix. */
function sharedCovariance(
  { vectors, dim, classes, classCount }: RuleReferences,
  means: Float32Array,
  given: number | undefined,
): { shrinkage: number; inverse: (matrix: Float32Array) => Float32Array } {
  const n = classes.length;
  const residuals = vectors.slice();
  let fourth = 0; // Σ ‖z‖⁴
  let trace = 0;
  for (let i = 0; i < n; i++) {
    let square = 0;
    for (let k = 0; k < dim; k++) {
      const z = vectors[i * dim + k]! - means[classes[i]! * dim + k]!;
      residuals[i * dim + k] = z;
      square += z * z;
    }
    fourth += square * square;
    trace += square / n;
  }
  const mean = trace / dim;
  if (!(mean > 1e-12)) return { shrinkage: 1, inverse: (matrix) => matrix.slice() };
  // ‖ZᵀZ‖ = ‖ZZᵀ‖: the smaller one will do
  const gram = n < dim ? innerProducts(residuals, residuals, dim) : transposedProduct(residuals, residuals, n);
  let squares = 0; // ‖S‖²
  for (const entry of gram) squares += (entry / n) ** 2;
  const spread = squares - dim * mean * mean; // ‖S − mI‖²
  const noise = (fourth / n - squares) / n; // mean of ‖zzᵀ − S‖², over n
  // At least a little: a singular covariance has no inverse.
  const shrinkage = Math.max(1e-3, given ?? (spread > 0 ? Math.min(1, Math.max(0, noise / spread)) : 1));
  const free = n > classCount ? n / (n - classCount) : 1; // the class means took part of the spread
  const diagonal = shrinkage * mean * free;
  // Σ = diagonal · (I + scale ZᵀZ)
  const apply =
    shrinkage < 1 ? ridgeInverse(residuals, dim, (1 - shrinkage) / (n * shrinkage * mean)) : (matrix: Float32Array) => matrix.slice();
  return { shrinkage, inverse: (matrix) => apply(matrix).map((number) => number / diagonal) };
}
