import type { LossTerms } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { detach } from "./detach.js";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";

/** What the order of pairs is judged by; one number for each pair. */
export interface OrderedPairs {
  /** scale · likeness, `[pairs]` */
  readonly logits: tf.Tensor1D;
  /** Constants. */
  readonly scores: tf.Tensor1D;
  readonly weights?: tf.Tensor1D;
  /** What no logit is above, nor below its negative; none unless said. */
  readonly bound?: number;
}

/** Exponentials of logits within this bound, and sums of thousands of them, stay well within float32. */
const highestBound = 70;

/**
 * log(1 + Σ exp(logit_i − logit_j)) over all i and j of which i has the lower score: one term, `[1]`, for the whole batch. Pairs of equal score do not
 * judge one another; two pairs count as often as the product of their weights. Logits within a bound are sorted by score and summed up once; the
 * others are held against one another, `[pairs, pairs]`.
 */
export function orderedPairs({ logits, scores, weights, bound = Number.POSITIVE_INFINITY }: OrderedPairs): LossTerms {
  return { terms: tf.softplus(bound <= highestBound ? sumOfSorted(logits, scores, weights) : sumOfAll(logits, scores, weights)) };
}

/** log Σ exp(logit_i − logit_j) as log Σ_i exp(logit_i) Σ_j exp(−logit_j), `[1]`. */
function sumOfSorted(logits: tf.Tensor1D, scores: tf.Tensor1D, weights: tf.Tensor1D | undefined): tf.Tensor1D {
  const pairs = logits.shape[0];
  const { values, indices } = tf.topk(scores, pairs); // the highest score first
  const before = tf.slice(tf.concat([tf.slice(values, 0, 1), values]), 0, pairs);
  const rank = tf.cumsum(tf.cast(tf.notEqual(values, before), "int32")) as tf.Tensor1D; // of each score among those that differ
  const sorted = tf.gather(logits, indices);
  const weight = weights && tf.gather(weights, indices);
  const exponentials = tf.exp(tf.neg(sorted));
  const ofScores = tf.unsortedSegmentSum(weight === undefined ? exponentials : tf.mul(weight, exponentials), rank, pairs);
  const higher = tf.gather(tf.cumsum(ofScores, 0, true), rank); // Σ_j exp(−logit_j) over the higher scores
  const some = tf.cast(tf.notEqual(detach(higher), 0), "float32"); // 1 for a NaN too, so that it shows
  const row = (values: tf.Tensor): tf.Tensor2D => tf.reshape(values, [1, pairs]);
  const sums = tf.add(sorted, tf.log(tf.add(higher, tf.sub(1, some))));
  return tf.squeeze(maskedLogSumExp(row(sums), row(weight === undefined ? some : tf.mul(some, weight))), [1]);
}

/** The same for logits of any size. */
function sumOfAll(logits: tf.Tensor1D, scores: tf.Tensor1D, weights: tf.Tensor1D | undefined): tf.Tensor1D {
  const pairs = logits.shape[0];
  const column = (values: tf.Tensor1D) => tf.reshape(values, [pairs, 1]);
  const row = (values: tf.Tensor1D) => tf.reshape(values, [1, pairs]);
  const lower: tf.Tensor2D = tf.cast(tf.less(column(scores), row(scores)), "float32"); // [pairs, pairs]
  const mask = weights === undefined ? lower : tf.mul(lower, tf.mul(column(weights), row(weights)));
  const flat = (values: tf.Tensor): tf.Tensor2D => tf.reshape(values, [1, pairs * pairs]);
  return tf.squeeze(maskedLogSumExp(flat(tf.sub(column(logits), row(logits))), flat(mask)), [1]);
}
