import { innerProducts, matrixProduct, transposedProduct } from "@quaterion/search";
import type { RidgeInverse } from "../ridge-inverse.js";
import type { RuleReferences } from "./decision-rule.js";
import { minimize } from "./minimize.js";

/** A fit of logistic regression: ½ ‖W‖² + C · Σ −log softmax(W x_i)[y_i] over W. */
export interface LogisticProblem {
  readonly references: RuleReferences;
  /** Class of each reference among those that have one. */
  readonly rows: Int32Array;
  readonly classes: number;
  /** C */
  readonly strength: number;
  /** κ: the preconditioner is M = (I + κ XᵀX)⁻¹. */
  readonly curvature: number;
  /** Ends when ∇ᵀM∇ is no more. */
  readonly tolerance: number;
  readonly iterations: number;
}

/** Where a fit ends. */
export interface LogisticMinimum {
  /** `[classes, dim]` */
  readonly point: Float32Array;
  /** M∇ there, `[classes, dim]` */
  readonly last: Float32Array;
  readonly iterations: number;
}

/** Fits W itself. @param ridge M @param first where to begin; 0 if absent */
export function fitByWeights(problem: LogisticProblem, ridge: RidgeInverse, first?: Float32Array): LogisticMinimum {
  const { references, rows, classes, strength } = problem;
  const { vectors, dim } = references;
  const objective = (point: Float32Array, gradient: Float32Array): number => {
    const residuals = innerProducts(vectors, point, dim); // logits first: [references, classes]
    const loss = softmaxResiduals(residuals, rows, classes);
    const sums = transposedProduct(residuals, vectors, rows.length); // [classes, dim]
    let squares = 0;
    for (let i = 0; i < point.length; i++) {
      squares += point[i]! * point[i]!;
      gradient[i] = point[i]! + strength * sums[i]!;
    }
    return 0.5 * squares + strength * loss;
  };
  const precondition = ridge.apply;
  const { point, preconditioned, iterations } = minimize(objective, first ?? new Float32Array(classes * dim), { ...problem, precondition });
  return { point, last: preconditioned, iterations };
}

/**
 * Fits W = Aᵀ X by its coefficients A `[references, classes]`, for fewer references than dimensions: the same steps, in a smaller space. A vector is A and, after it,
 * its image G A under the Gram matrix G = X Xᵀ, so that ⟨A, B⟩ = A · G B. The image of a point is its logits; that of M∇ costs nothing, for
 * M Xᵀ = Xᵀ (I + κ G)⁻¹ and κ G (I + κ G)⁻¹ = I − (I + κ G)⁻¹. What is left are two products with a matrix `[references, references]` a step.
 * @param gram G
 * @param inverse (I + κ G)⁻¹
 */
export function fitByReferences(problem: LogisticProblem, gram: Float32Array, inverse: Float32Array): LogisticMinimum {
  const { references, rows, classes, strength, curvature } = problem;
  const n = rows.length;
  const size = n * classes;
  const objective = (point: Float32Array, gradient: Float32Array): number => {
    const residuals = gradient.subarray(0, size);
    residuals.set(point.subarray(size)); // logits
    const loss = softmaxResiduals(residuals, rows, classes);
    let squares = 0;
    for (let i = 0; i < size; i++) {
      squares += point[i]! * point[size + i]!;
      residuals[i] = point[i]! + strength * residuals[i]!;
    }
    matrixProduct(gram, residuals, n, gradient.subarray(size));
    return 0.5 * squares + strength * loss;
  };
  const precondition = (gradient: Float32Array): Float32Array => {
    const out = new Float32Array(2 * size);
    const coefficients = matrixProduct(inverse, gradient.subarray(0, size), n, out.subarray(0, size));
    for (let i = 0; i < size; i++) out[size + i] = (gradient[i]! - coefficients[i]!) / curvature;
    return out;
  };
  const dot = (a: Float32Array, b: Float32Array): number => {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += a[i]! * b[size + i]!;
    return sum;
  };
  const found = minimize(objective, new Float32Array(2 * size), { ...problem, precondition, dot });
  const weightsOf = (vector: Float32Array) => transposedProduct(vector.subarray(0, size), references.vectors, n);
  return { point: weightsOf(found.point), last: weightsOf(found.preconditioned), iterations: found.iterations };
}

/** Turns logits `[references, classes]` into p − y in place. @returns Σ −log p[y] */
export function softmaxResiduals(logits: Float32Array, classes: Int32Array, classCount: number): number {
  let loss = 0;
  for (let i = 0; i < classes.length; i++) {
    const row = i * classCount;
    let highest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classCount; c++) if (logits[row + c]! > highest) highest = logits[row + c]!;
    const own = row + classes[i]!;
    const ownLogit = logits[own]!;
    let sum = 0;
    for (let c = 0; c < classCount; c++) {
      const weight = Math.exp(logits[row + c]! - highest);
      logits[row + c] = weight;
      sum += weight;
    }
    const scale = 1 / sum;
    for (let c = 0; c < classCount; c++) logits[row + c]! *= scale;
    logits[own]! -= 1;
    loss += Math.log(sum) + highest - ownLogit;
  }
  return loss;
}
