import { checkOptions, fraction } from "@quaterion/core";
import { innerProducts, transposedProduct } from "@quaterion/search";
import { symmetricInverse } from "../inverse.js";
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
      const { covariance, shrinkage } = sharedCovariance(references, means, options.shrinkage);
      const weights = innerProducts(means, Float32Array.from(symmetricInverse(covariance, dim)), dim); // [classes, dim]: Σ⁻¹μ
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
          const inverseQuery = innerProducts(query, Float32Array.from(symmetricInverse(covariance, dim)), dim);
          const direction = inverseQuery.map((number, k) => number - 0.5 * weights[classIndex * dim + k]!);
          const products = innerProducts(direction, vectors, dim);
          const amounts = Float64Array.from(products, (p, i) => (classes[i] === classIndex ? p / sizes[classIndex]! : 0));
          return { amounts, total: amounts.reduce((sum, amount) => sum + amount, 0), unit: "score" };
        },
      };
    },
  };
}

function sharedCovariance(
  { vectors, dim, classes, classCount }: RuleReferences,
  means: Float32Array,
  given: number | undefined,
): { covariance: Float64Array; shrinkage: number } {
  const n = classes.length;
  const residuals = vectors.slice();
  let fourth = 0; // Σ ‖z‖⁴
  for (let i = 0; i < n; i++) {
    let square = 0;
    for (let k = 0; k < dim; k++) {
      const z = vectors[i * dim + k]! - means[classes[i]! * dim + k]!;
      residuals[i * dim + k] = z;
      square += z * z;
    }
    fourth += square * square;
  }
  const covariance = Float64Array.from(transposedProduct(residuals, residuals, n), (sum) => sum / n);
  let trace = 0;
  let squares = 0;
  for (let k = 0; k < dim; k++) trace += covariance[k * dim + k]!;
  for (const entry of covariance) squares += entry * entry;
  const mean = trace / dim;
  if (!(mean > 1e-12)) {
    covariance.fill(0);
    for (let k = 0; k < dim; k++) covariance[k * dim + k] = 1;
    return { covariance, shrinkage: 1 };
  }
  const spread = squares - dim * mean * mean; // ‖S − mI‖²
  const noise = (fourth / n - squares) / n; // mean of ‖zzᵀ − S‖², over n
  // At least a little: a singular covariance has no inverse.
  const shrinkage = Math.max(1e-3, given ?? (spread > 0 ? Math.min(1, Math.max(0, noise / spread)) : 1));
  const free = n > classCount ? n / (n - classCount) : 1; // the class means took part of the spread
  for (let i = 0; i < covariance.length; i++) covariance[i]! *= (1 - shrinkage) * free;
  for (let k = 0; k < dim; k++) covariance[k * dim + k]! += shrinkage * mean * free;
  return { covariance, shrinkage };
}
