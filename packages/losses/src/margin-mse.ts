import * as tf from "@tensorflow/tfjs-core";
import { defineScoreLoss } from "./define-score-loss.js";
import { pairedDotProducts } from "./paired-dot-products.js";
import { type PairedFunction, pairedFunction } from "./paired-function.js";

/**
 * Margin MSE: the lead of a positive over each negative shall be as large as the teacher's.
 * ((s(a, p) − s(a, n)) − (t_p − t_n))², t the teacher's scores; the mean over anchors and their negatives. Only differences of t count.
 * `similarities` s (pairedDotProducts). The teacher's margins must be within reach: embeddings of length 1 span −1 to 1, so scale t, or set
 * `normalize: false` in `fit`.
 *
 * Use it for triplets scored by a cross-encoder.
 *
 * Hofstätter et al., "Improving efficient neural ranking models with cross-architecture knowledge distillation", 2020.
 * @throws {InvalidArgumentError} in a step whose batch has no teacher's scores or no negatives
 */
export const marginMSE = defineScoreLoss({
  name: "marginMSE",
  defaults: { similarities: pairedDotProducts as PairedFunction },
  check: { similarities: pairedFunction },
  needs: ["teacherScores"],
  leastOthers: 1,
  compute({ first, second, others, teacherScores }, { similarities }) {
    const positive = tf.expandDims(similarities(first, second), 1); // [pairs, 1]
    const negatives = tf.stack(
      others!.map((other) => similarities(first, other)),
      1,
    ); // [pairs, others]
    const ofPositive = tf.slice(teacherScores, [0, 0], [-1, 1]);
    const ofNegatives = tf.slice(teacherScores, [0, 1], [-1, others!.length]);
    const error = tf.sub(tf.sub(positive, negatives), tf.sub(ofPositive, ofNegatives));
    return { terms: tf.mul(error, error) };
  },
});
