import { finiteNumber, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { detach } from "./detach.js";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";

/**
 * Circle loss: every pair is pulled or pushed the harder the farther it is from its optimum.
 * Per anchor: log(1 + Σ_n exp(γ α_n (s_n − m)) · Σ_p exp(−γ α_p (s_p − (1 − m)))) with α_p = max(0, 1 + m − s_p) and α_n = max(0, s_n + m) as
 * constants, s = cosine; the mean over anchors that have a similar and a dissimilar sample.
 * `margin` m (0.4) and `scale` γ (80) as the paper has them for image retrieval; 0.25 and 256 for faces.
 * Use it with labels and several samples of each in a batch, when pairs are at very different stages: each moves at its own pace.
 *
 * Sun et al., "Circle loss: a unified perspective of pair similarity optimization", CVPR 2020, eq. 6 and 8.
 * @throws {InvalidArgumentError} when `scale` is not a finite number above 0
 */
export const circle = defineRelationLoss({
  name: "circle",
  defaults: { margin: 0.4, scale: 80 },
  check: { margin: finiteNumber, scale: positiveFiniteNumber },
  compute({ anchors, candidates, similar, dissimilar }, { margin, scale }) {
    const root = Math.sqrt(scale); // in both factors, so that γ takes no pass over all pairs
    const m = root * margin;
    const s = cosineSimilarities(anchors, candidates, root); // [batch, candidates]
    const fixed = detach(s);
    const pull: tf.Tensor2D = tf.mul(tf.relu(tf.sub(root + m, fixed)), tf.sub(root - m, s));
    const push: tf.Tensor2D = tf.mul(tf.relu(tf.add(fixed, m)), tf.sub(s, m));
    const has = (mask: tf.Tensor2D) => tf.minimum(tf.sum(mask, 1, true), 1);
    const terms = tf.softplus(tf.add(maskedLogSumExp(pull, similar), maskedLogSumExp(push, dissimilar))); // [batch, 1]
    return { terms, counted: tf.mul(has(similar), has(dissimilar)) };
  },
});
