import * as tf from "@tensorflow/tfjs-core";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";

/**
 * How badly each pair loses against the negatives of its row (axis 1) or of its column (axis 0): log(1 + Σ_n exp(logit_n − logit)), which is
 * −log of the pair's share in a softmax over itself and the negatives. 0 where there is no negative. `[batch, candidates]`
 */
export function pairSoftmax(logits: tf.Tensor2D, negatives: tf.Tensor2D, axis: 0 | 1): tf.Tensor2D {
  return tf.softplus(tf.sub(maskedLogSumExp(logits, negatives, axis), logits));
}
