import { positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";

/**
 * Supervised contrastive loss (SupCon): each anchor's similar samples against all that it is known to be similar or dissimilar to.
 * For anchor i with similar P(i) and known A(i): −1/|P(i)| Σ_{p ∈ P(i)} log( exp(s_ip) / Σ_{a ∈ A(i)} exp(s_ia) ), s = cosine / temperature;
 * the mean over the anchors that have a similar sample. Unknown pairs are neither in P nor in A.
 * `temperature` (default 0.1): lower looks harder at the nearest samples; 0.05 to 0.1 serve most data.
 * Use it first when there are labels, with several samples of each in a batch; the larger the batch the better.
 *
 * Khosla et al., "Supervised contrastive learning", NeurIPS 2020, eq. 2 (L_out); the paper sums over anchors.
 * @throws {InvalidArgumentError} when `temperature` is not a finite number above 0
 */
export const supervisedContrastive = defineRelationLoss({
  name: "supervisedContrastive",
  defaults: { temperature: 0.1 },
  check: { temperature: positiveFiniteNumber },
  compute({ anchors, candidates, similar, dissimilar }, { temperature }) {
    const logits = cosineSimilarities(anchors, candidates, 1 / temperature); // [batch, candidates]
    const all = tf.squeeze(maskedLogSumExp(logits, tf.add(similar, dissimilar)), [1]); // [batch]
    const positives = tf.sum(similar, 1);
    const counted = tf.minimum(positives, 1);
    const meanPositive = tf.div(tf.sum(tf.mul(similar, logits), 1), tf.maximum(positives, 1));
    return { terms: tf.sub(all, meanPositive), counted };
  },
});
