import { defineScoreLoss } from "./define-score-loss.js";
import { teacherDistances } from "./teacher-distance.js";

/**
 * Mean squared error to a teacher's vectors: `embeddingDistillation` with the distance `"squared"`, under the name that libraries give it.
 * Σ_k (x_k − t_k)² / dim; the mean over both rows of all pairs. (The squared error of a pair's score is `cosineSimilarity`.)
 *
 * Use it for embeddings that are to take the teacher's place, length and all.
 *
 * Reimers & Gurevych, "Making monolingual sentence embeddings multilingual using knowledge distillation", EMNLP 2020.
 * @throws {InvalidArgumentError} in a step whose batch has no teacher's vectors, or of another dimension
 */
export const meanSquaredError = defineScoreLoss({
  name: "meanSquaredError",
  defaults: {},
  check: {},
  needs: ["teacher"],
  compute({ first, second, teacher }) {
    return { terms: teacherDistances("meanSquaredError", { first, second }, teacher, "squared") }; // [pairs, 2]
  },
});
