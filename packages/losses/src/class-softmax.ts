import type { LossTerms } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";

/** 1 at each row's class, `[batch, classes]`; a row whose class is not from 0 to classes − 1 has none. */
export function classMask(classes: tf.Tensor1D, count: number): tf.Tensor2D {
  return tf.cast(tf.equal(tf.expandDims(classes, 1), tf.range(0, count, 1, "int32")), "float32");
}

/** Cross entropy of each row, log Σ exp(logits) − logit of its class, `[batch]`; rows without a class take no part. */
export function classSoftmax(logits: tf.Tensor2D, target: tf.Tensor2D): LossTerms {
  const counted = tf.sum(target, 1);
  const terms = tf.sub(tf.squeeze(maskedLogSumExp(logits, tf.ones(logits.shape)), [1]), tf.sum(tf.mul(target, logits), 1));
  return { terms: tf.mul(counted, terms), counted };
}
