import { checkOptions, fraction } from "@quaterion/core";
import { innerProducts, transposedProduct } from "@quaterion/search";
import { ridgeInverse } from "../ridge-inverse.js";
import { classMeans, withoutAbsent } from "./centroids.js";
import { type DecisionRule, presentClasses, type RuleReferences } from "./decision-rule.js";

export interface ShrunkCentroidsOptions {
  /** How far the covariance is drawn to a multiple of the identity, 0 to 1; by Ledoit & Wolf's formula where it is not given. */
  shrinkage?: number | undefined;
}

/**
 * Centroids under the covariance that all classes share: the score of a class is how much nearer it is than the classes are on average,
 * ½ (mean over classes of d² − d²), with d² = (q − μ)ᵀ Σ⁻¹ (q − μ), μ the mean of the class's references,
 * Σ = (1 − λ) S + λ (tr S / dim) I and S the covariance of the references about their class means.
 *
 * Linear discriminant analysis with equal priors: its discriminants μᵀΣ⁻¹q − ½ μᵀΣ⁻¹μ, less their mean over the classes, so that the answer's
 * score is never below 0 and shares of it can be read. λ after Ledoit & Wolf, "A well-conditioned estimator for large-dimensional covariance
 * matrices", Journal of Multivariate Analysis 2004, eq. 14. Where no class has two references, Σ is the identity. A single class has none to be
 * nearer than: its score is μᵀΣ⁻¹q.
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
      const present = presentClasses(references);
      const presentCount = present.filter(Boolean).length;
      const { shrinkage, inverse } = sharedCovariance(references, means, presentCount, options.shrinkage);
      const { centre, centred } = aboutTheirMean(means, dim, presentCount);
      const weights = inverse(centred); // [classes, dim]: Σ⁻¹(μ − m), m the mean class
      const halfSquares = rowProducts(centred, weights, dim).map((square) => square / 2);
      const spread = halfSquares.reduce((sum, half, c) => sum + (present[c] ? half : 0), 0) / presentCount;
      const offsets = rowProducts(centre, weights, dim).map((product, c) => product + halfSquares[c]! - spread);
      return {
        fitted: { shrinkage },
        scores(queries) {
          const out = innerProducts(queries, weights, dim);
          for (let i = 0; i < out.length; i++) out[i]! -= offsets[i % classCount]!;
          return withoutAbsent(out, present);
        },
        contributions(query, classIndex) {
          // Σ over the class's references of ((x_i − m)·(Σ⁻¹(q − m) − ½ Σ⁻¹(μ − m)) + spread) / n: all bear alike what does not depend on them
          const direction = inverse(query.map((number, k) => number - centre[k]!)).map(
            (number, k) => number - 0.5 * weights[classIndex * dim + k]!,
          );
          const common = spread - rowProducts(centre, direction, dim)[0]!;
          const products = innerProducts(direction, vectors, dim);
          const amounts = Float64Array.from(products, (p, i) => (classes[i] === classIndex ? (p + common) / sizes[classIndex]! : 0));
          return { amounts, total: amounts.reduce((sum, amount) => sum + amount, 0), unit: "score" };
        },
      };
    },
  };
}

/** Class means about the mean of those that are present (the others are 0); one class alone stays about the origin. */
function aboutTheirMean(means: Float32Array, dim: number, presentCount: number): { centre: Float64Array; centred: Float32Array } {
  const centre = new Float64Array(dim);
  if (presentCount > 1) for (const [i, number] of means.entries()) centre[i % dim]! += number / presentCount;
  return { centre, centred: means.map((number, i) => number - centre[i % dim]!) };
}

/** Product of each row of `b` with the same row of `a`, or with the only row that `a` has. */
function rowProducts(a: Float32Array | Float64Array, b: Float32Array, dim: number): Float64Array {
  const products = new Float64Array(b.length / dim);
  for (const [i, number] of b.entries()) products[Math.floor(i / dim)]! += number * a[i % a.length]!;
  return products;
}

/** Shrinkage λ, and a function that applies Σ⁻¹ to the rows of a matrix. */
function sharedCovariance(
  { vectors, dim, classes }: RuleReferences,
  means: Float32Array,
  presentCount: number,
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
  const free = n > presentCount ? n / (n - presentCount) : 1; // the class means took part of the spread
  const diagonal = shrinkage * mean * free;
  // Σ = diagonal · (I + scale ZᵀZ)
  const apply =
    shrinkage < 1
      ? ridgeInverse(residuals, dim, (1 - shrinkage) / (n * shrinkage * mean), gram).apply
      : (matrix: Float32Array) => matrix.slice();
  return { shrinkage, inverse: (matrix) => apply(matrix).map((number) => number / diagonal) };
}
