import type { LossTerms } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { logSumExp } from "./log-sum-exp.js";

/** 1 at each row's class, `[batch, classes]`; a row whose class is not from 0 to classes − 1 has none. */
export function classMask(classes: tf.Tensor1D, count: number): tf.Tensor2D {
  return tf.cast(tf.equal(tf.expandDims(classes, 1), tf.range(0, count, 1, "int32")), "float32");
}

/**
 * Cross entropy of each row, log Σ exp(logits) − Σ_j q_j · logit_j, `[batch]`; rows without a class take no part. q is 1 at the row's class; with
 * `labelSmoothing` ε it is 1 − ε there and ε / classes more everywhere, so that no logit is driven to infinity.
 *
 * Label smoothing: Szegedy et al., "Rethinking the Inception architecture for computer vision", CVPR 2016, section 7.
 */
export function classSoftmax(logits: tf.Tensor2D, target: tf.Tensor2D, labelSmoothing = 0): LossTerms {
  const counted = tf.sum(target, 1);
  const wanted = labelSmoothing === 0 ? target : tf.add(tf.mul(1 - labelSmoothing, target), labelSmoothing / logits.shape[1]);
  const terms = tf.sub(tf.squeeze(logSumExp(logits), [1]), tf.sum(tf.mul(wanted, logits), 1));
  return { terms: tf.mul(counted, terms), counted };
}
