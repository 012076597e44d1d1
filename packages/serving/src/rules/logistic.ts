import { checkOptions, positiveFiniteNumber, positiveInteger } from "@quaterion/core";
import { innerProducts } from "@quaterion/search";
import { ridgeInverse } from "../ridge-inverse.js";
import { withoutAbsent } from "./centroids.js";
import { type DecisionRule, presentClasses, type Scorer } from "./decision-rule.js";
import { fitByReferences, fitByWeights, softmaxResiduals } from "./logistic-fit.js";

export interface LogisticOptions {
  /** C: how much the references weigh against small weights. From 5 to 300 it hardly matters. Default 30. */
  strength?: number | undefined;
  /** How much of the references' summed log-loss may be left to gain when the fit ends, about: so that one more reference always counts. Default 1e-3. */
  tolerance?: number | undefined;
  /** Steps of the fit at most. Default 200. */
  iterations?: number | undefined;
}

/**
 * Multinomial logistic regression on the references: minimises ½ ‖W‖² + C · Σ −log softmax(W x_i)[y_i], without a bias. The score of a
 * class is w_c · q.
 *
 * At the minimum w_c = C · Σ (y_ic − p_ic) x_i: so reference i has the share C (y_ic − p_ic) cos(x_i, q) in the score of class c,
 * positive for what speaks for the class, negative for what speaks against it. Where the fit ends before the very minimum, the shares differ
 * from these by what is missing, and still sum to the score exactly.
 *
 * The optimum is that of scikit-learn's `LogisticRegression(C, fit_intercept=False)` for three classes or more. Fitted by L-BFGS,
 * preconditioned with the curvature that all classes share: (I + C h XᵀX)⁻¹ (Böhning, "Multinomial logistic regression algorithm", 1992).
 */
export function logistic(options: LogisticOptions = {}): DecisionRule {
  checkOptions("logistic", options, { strength: positiveFiniteNumber, tolerance: positiveFiniteNumber, iterations: positiveInteger });
  const { strength = 30, tolerance = 1e-3, iterations = 200 } = options;
  return {
    name: "logistic",
    needs: "all",
    options: { strength, tolerance, iterations },
    fit(references, { start, rough, shared } = {}) {
      const key = JSON.stringify(["logistic", strength, tolerance, iterations]);
      const made = shared?.get(key);
      if (made) return made;
      const { vectors, dim, classCount } = references;
      const present = presentClasses(references);
      const known = present.flatMap((is, c) => (is ? [c] : [])); // classes with references, in order: the others have no weights
      const place = new Int32Array(classCount).fill(-1);
      for (const [k, c] of known.entries()) place[c] = k;
      const rows = Int32Array.from(references.classes, (c) => place[c]!);

      let first: Float32Array | undefined;
      if (start) {
        first = new Float32Array(known.length * dim);
        for (const [k, c] of known.entries()) first.set(start.subarray(c * dim, (c + 1) * dim), k * dim);
      }
      // C h, with h for p (1 − p): Böhning's bound is ½; the larger the number of classes, the less of it is met. On 64, 77, 150 and 291 intents
      // ½ / √classes is where steps are seldom taken back and still large.
      const curvature = (0.5 * strength) / Math.sqrt(known.length);
      const leftOver = strength * (rough ? Math.max(tolerance, roughTolerance * rows.length) : tolerance);
      const problem = { references, rows, classes: known.length, strength, curvature, tolerance: leftOver, iterations };
      const gram = rows.length < dim ? (references.gram ?? innerProducts(vectors, vectors, dim)) : undefined;
      const ridge = ridgeInverse(vectors, dim, curvature, gram);
      const near = gram && !first ? fitByReferences(problem, gram, ridge.inverse) : undefined;
      // Ended by the weights themselves, so that a fit which begins there, of a saved set, gives the same bits.
      const minimum = near && rough ? near : fitByWeights(problem, ridge, near?.point ?? first);
      // One more preconditioned step, M∇, ends the fit at weights that are a sum over references exactly, and not only at the very minimum:
      // point = C Σ (y − p) x + ∇, and with M = (I + κ XᵀX)⁻¹, ∇ − M∇ = κ XᵀX M∇, so point − M∇ = Σ (C (y − p) + κ x·M∇) x.
      const { last } = minimum;
      const weights = new Float32Array(classCount * dim);
      const kept = new Float32Array(classCount * dim);
      for (const [k, c] of known.entries()) {
        for (let j = 0; j < dim; j++) {
          kept[c * dim + j] = minimum.point[k * dim + j]!;
          weights[c * dim + j] = minimum.point[k * dim + j]! - last[k * dim + j]!;
        }
      }
      let residuals: Float32Array | undefined; // p − y at the point: [references, classes]
      const pointResiduals = () => {
        if (!residuals) {
          residuals = innerProducts(vectors, minimum.point, dim);
          softmaxResiduals(residuals, rows, known.length);
        }
        return residuals;
      };
      const scorer: Scorer = {
        start: kept,
        fitted: { strength, iterations: minimum.iterations + (near && !rough ? near.iterations : 0) },
        scores: (queries) => withoutAbsent(innerProducts(queries, weights, dim), present),
        contributions(query, classIndex) {
          const amounts = new Float64Array(rows.length);
          if (!present[classIndex]) return { amounts, total: Number.NEGATIVE_INFINITY, unit: "score" };
          const differences = pointResiduals();
          const own = place[classIndex]!;
          const cosines = innerProducts(query, vectors, dim);
          const corrections = innerProducts(last.subarray(own * dim, (own + 1) * dim), vectors, dim); // x·M∇
          let total = 0;
          for (let i = 0; i < amounts.length; i++) {
            const coefficient = -strength * differences[i * known.length + own]! + curvature * corrections[i]!;
            amounts[i] = coefficient * cosines[i]!;
            total += amounts[i]!;
          }
          return { amounts, total, unit: "score" };
        },
      };
      shared?.set(key, scorer);
      return scorer;
    },
  };
}

/** What each reference may leave to gain where rules are compared: held-out log-likelihoods of three intent sets moved by less than 0.01 from there to the optimum. */
const roughTolerance = 1e-3;
