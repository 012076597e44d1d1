import { finiteNumber, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";

/**
 * Multi-similarity loss: soft maxima over an anchor's least similar positives and most similar negatives, against a common border.
 * Per anchor: 1/α log(1 + Σ_p exp(−α (s_p − base))) + 1/β log(1 + Σ_n exp(β (s_n − base))), s = cosine; the mean over anchors with a known pair.
 * `alpha` (2), `beta` (50), `base` λ (0.5). The paper's pair mining is not part of it: `mined(…, multiSimilarityMiner())`.
 * Use it with labels when hard pairs matter most and mining them is too brittle.
 *
 * Wang et al., "Multi-similarity loss with general pair weighting for deep metric learning", CVPR 2019, eq. 15.
 * @throws {InvalidArgumentError} when `alpha` or `beta` is not a finite number above 0
 */
export const multiSimilarity = defineRelationLoss({
  name: "multiSimilarity",
  defaults: { alpha: 2, beta: 50, base: 0.5 },
  check: { alpha: positiveFiniteNumber, beta: positiveFiniteNumber, base: finiteNumber },
  compute({ anchors, candidates, similar, dissimilar }, { alpha, beta, base }) {
    const above: tf.Tensor2D = tf.sub(cosineSimilarities(anchors, candidates), base); // [batch, candidates]
    const pull = tf.div(tf.softplus(maskedLogSumExp(tf.mul(-alpha, above), similar)), alpha);
    const push = tf.div(tf.softplus(maskedLogSumExp(tf.mul(beta, above), dissimilar)), beta);
    return { terms: tf.add(pull, push), counted: tf.minimum(tf.sum(tf.add(similar, dissimilar), 1, true), 1) };
  },
});
