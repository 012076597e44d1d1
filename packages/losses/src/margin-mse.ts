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
    const [ofPositive, ofNegatives] = tf.split(teacherScores, [1, others!.length], 1);
    const error = tf.sub(leads(first, second, others!, similarities), tf.sub(ofPositive!, ofNegatives!)); // [pairs, others]
    return { terms: tf.mul(error, error) };
  },
});

/** s(a, p) − s(a, n) for each negative, `[pairs, others]`. */
function leads(anchors: tf.Tensor2D, positives: tf.Tensor2D, others: readonly tf.Tensor2D[], similarities: PairedFunction): tf.Tensor {
  // Of one negative and dot products it is a·(p − n): two thirds of the passes over the rows.
  if (similarities === pairedDotProducts && others.length === 1)
    return tf.expandDims(pairedDotProducts(anchors, tf.sub(positives, others[0]!)), 1);
  const ofNegatives = others.map((other) => similarities(anchors, other));
  return tf.sub(tf.expandDims(similarities(anchors, positives), 1), tf.stack(ofNegatives, 1));
}
