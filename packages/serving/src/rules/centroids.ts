import { innerProducts } from "@quaterion/search";
import { type DecisionRule, presentClasses, type RuleReferences } from "./decision-rule.js";

/** Mean vector and number of references of each class. */
export function classMeans({ vectors, dim, classes, classCount }: RuleReferences): { means: Float32Array; sizes: Int32Array } {
  const sums = new Float64Array(classCount * dim);
  const sizes = new Int32Array(classCount);
  for (let i = 0; i < classes.length; i++) {
    const c = classes[i]!;
    sizes[c]!++;
    for (let k = 0; k < dim; k++) sums[c * dim + k]! += vectors[i * dim + k]!;
  }
  for (let c = 0; c < classCount; c++) {
    const size = Math.max(1, sizes[c]!);
    for (let k = 0; k < dim; k++) sums[c * dim + k]! /= size;
  }
  return { means: Float32Array.from(sums), sizes };
}

/**
 * The nearest class centroid decides: the score of a class is the cosine of the query and the mean of the class's references.
 * With means as prototypes: Snell, Swersky & Zemel, "Prototypical networks for few-shot learning", NeurIPS 2017.
 */
export function centroids(): DecisionRule {
  return {
    name: "centroids",
    needs: "all",
    fit(references) {
      const { vectors, dim, classes, classCount } = references;
      const { means, sizes } = classMeans(references);
      const lengths = new Float64Array(classCount);
      const directions = new Float32Array(means.length);
      for (let c = 0; c < classCount; c++) {
        const mean = means.subarray(c * dim, (c + 1) * dim);
        let squares = 0;
        for (let k = 0; k < dim; k++) squares += mean[k]! * mean[k]!;
        lengths[c] = Math.sqrt(squares) || 1; // references that cancel out have no direction: every cosine is 0
        for (let k = 0; k < dim; k++) directions[c * dim + k] = mean[k]! / lengths[c]!;
      }
      const present = presentClasses(references);
      return {
        scores: (queries) => withoutAbsent(innerProducts(queries, directions, dim), present),
        contributions(query, classIndex) {
          // cos(q, μ) = Σ x_i·q / (n ‖μ‖)
          const cosines = innerProducts(query, vectors, dim);
          const share = 1 / (sizes[classIndex]! * lengths[classIndex]!);
          const amounts = Float64Array.from(cosines, (cosine, i) => (classes[i] === classIndex ? cosine * share : 0));
          return { amounts, total: amounts.reduce((sum, amount) => sum + amount, 0), unit: "score" };
        },
      };
    },
  };
}

/** Scores with −∞ for classes that have no reference. Changes its argument. */
export function withoutAbsent(scores: Float32Array, present: readonly boolean[]): Float32Array {
  if (present.every(Boolean)) return scores;
  for (let i = 0; i < scores.length; i++) if (!present[i % present.length]) scores[i] = Number.NEGATIVE_INFINITY;
  return scores;
}
