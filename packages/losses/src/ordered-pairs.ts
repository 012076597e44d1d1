import type { LossTerms } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { detach } from "./detach.js";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";

/** What the order of pairs is judged by; one number for each pair. */
export interface OrderedPairs {
  /** scale · likeness, `[pairs]` */
  readonly logits: tf.Tensor1D;
  readonly scores: tf.Tensor1D;
  readonly weights?: tf.Tensor1D;
  /** What no logit is above, nor below its negative; none unless said. */
  readonly bound?: number;
}

/** Exponentials of logits within this bound, and sums of thousands of them, stay well within float32. */
const highestBound = 70;

/**
 * log(1 + Σ exp(logit_i − logit_j)) over all i and j of which i has the lower score: one term, `[1]`, for the whole batch. Pairs of equal score do not
 * judge one another; two pairs count as often as the product of their weights.
 */
export function orderedPairs({ logits, scores, weights, bound = Number.POSITIVE_INFINITY }: OrderedPairs): LossTerms {
  const pairs = logits.shape[0];
  const column = (values: tf.Tensor1D) => tf.reshape(values, [pairs, 1]);
  const row = (values: tf.Tensor1D) => tf.reshape(values, [1, pairs]);
  const lower: tf.Tensor2D = tf.cast(tf.less(column(scores), row(scores)), "float32"); // [pairs, pairs]
  if (bound <= highestBound) {
    // Σ_i exp(logit_i) Σ_j exp(−logit_j): the inner sums are one matrix product, and nothing else is quadratic.
    const exponentials = tf.exp(tf.neg(logits));
    const inner = tf.matMul(lower, column(weights === undefined ? exponentials : tf.mul(weights, exponentials)));
    const some: tf.Tensor2D = tf.cast(tf.notEqual(detach(inner), 0), "float32"); // 1 for a NaN too, so that it shows
    const outer: tf.Tensor2D = tf.add(column(logits), tf.log(tf.add(inner, tf.sub(1, some))));
    return { terms: tf.softplus(tf.squeeze(maskedLogSumExp(outer, weights === undefined ? some : tf.mul(some, column(weights)), 0), [1])) };
  }
  const differences = tf.sub(column(logits), row(logits));
  const mask = weights === undefined ? lower : tf.mul(lower, tf.mul(column(weights), row(weights)));
  const flat = (values: tf.Tensor): tf.Tensor2D => tf.reshape(values, [1, pairs * pairs]);
  return { terms: tf.softplus(tf.squeeze(maskedLogSumExp(flat(differences), flat(mask)), [1])) };
}
