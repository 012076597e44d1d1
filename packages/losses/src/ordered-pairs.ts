import type { LossTerms } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";

/** What the order of pairs is judged by; one number for each pair. */
export interface OrderedPairs {
  /** scale · likeness, `[pairs]` */
  readonly logits: tf.Tensor1D;
  readonly scores: tf.Tensor1D;
  readonly weights?: tf.Tensor1D;
}

/**
 * log(1 + Σ exp(logit_i − logit_j)) over all i and j of which i has the lower score: one term, `[1]`, for the whole batch. Pairs of equal score do not
 * judge one another; two pairs count as often as the product of their weights.
 */
export function orderedPairs({ logits, scores, weights }: OrderedPairs): LossTerms {
  const pairs = logits.shape[0];
  const column = (values: tf.Tensor1D) => tf.reshape(values, [pairs, 1]);
  const row = (values: tf.Tensor1D) => tf.reshape(values, [1, pairs]);
  const differences = tf.sub(column(logits), row(logits)); // [pairs, pairs]
  const lower = tf.cast(tf.less(column(scores), row(scores)), "float32");
  const mask = weights === undefined ? lower : tf.mul(lower, tf.mul(column(weights), row(weights)));
  const flat = (values: tf.Tensor): tf.Tensor2D => tf.reshape(values, [1, pairs * pairs]);
  return { terms: tf.softplus(tf.squeeze(maskedLogSumExp(flat(differences), flat(mask)), [1])) };
}
