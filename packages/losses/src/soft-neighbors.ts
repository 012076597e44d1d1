import type { PairMasks } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";

/**
 * An anchor draws its neighbour among all that it is known to be similar or dissimilar to, with chances in proportion to exp(logit): the log odds
 * that it draws a dissimilar one, log Σ_n exp − log Σ_p exp, `[batch, 1]`. −log of the chance of a similar one is their softplus, the chance of a
 * dissimilar one their sigmoid. `counted`: 1 where the anchor has a similar sample.
 */
export function softNeighbors(logits: tf.Tensor2D, { similar, dissimilar }: PairMasks): { odds: tf.Tensor; counted: tf.Tensor } {
  const odds = tf.sub(maskedLogSumExp(logits, dissimilar), maskedLogSumExp(logits, similar));
  return { odds, counted: tf.minimum(tf.sum(similar, 1, true), 1) };
}
