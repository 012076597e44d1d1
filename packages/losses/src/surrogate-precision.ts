import { positiveFiniteNumber, positiveInteger } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { type PairFunction, pairFunction } from "./pair-function.js";
import { similarSlots } from "./similar-slots.js";
import { softCountsAbove } from "./soft-counts-above.js";

/**
 * Surrogate precision at k: one minus the share of the first k places that similar samples hold, with sigmoids in place of both steps.
 * Per anchor: 1 − 1/min(|P|, k) Σ_{i ∈ P} σ((k − ½ − R(i)) / cutTemperature), R(i) = Σ_{j ≠ i} σ((s_j − s_i) / rankTemperature) over the other known
 * samples: i is among the first k where R(i) is at most k − 1. The mean over anchors that have a similar sample; the anchor itself is not in its own
 * ranking. (Open Metric Learning keeps it in, at k + 1, and so always right. The paper divides by |P|, which is recall, and cuts at k − 1.)
 *
 * Options: `k` (5), `cutTemperature` τ₁ (1), `rankTemperature` τ₂ (0.01), `similarities` (cosineSimilarities). In blocks of 4·10⁶
 * numbers; time is batch · candidates · most positives of an anchor. Since τ₁ is so soft, a perfect ranking does not cost 0.
 * Use it to train for the first page of results, with batches in which a class has about k samples.
 *
 * Patel, Tolias & Matas, "Recall@k surrogate loss with large batches and similarity mixup", CVPR 2022, eq. 8; as precision: Open Metric Learning.
 * @throws {InvalidArgumentError} when `k` is not a whole number of 1 or more or a temperature not a finite number above 0
 */
export const surrogatePrecision = defineRelationLoss({
  name: "surrogatePrecision",
  defaults: { k: 5, cutTemperature: 1, rankTemperature: 0.01, similarities: cosineSimilarities as PairFunction },
  check: { k: positiveInteger, cutTemperature: positiveFiniteNumber, rankTemperature: positiveFiniteNumber, similarities: pairFunction },
  needs: ["mostSimilar"],
  compute({ anchors, candidates, similar, dissimilar, mostSimilar }, { k, cutTemperature, rankTemperature, similarities }) {
    const known: tf.Tensor2D = tf.add(similar, dissimilar);
    const s = similarities(anchors, candidates);
    const { filled, take } = similarSlots(similar, mostSimilar);
    const [above] = softCountsAbove({ of: take(s), among: s }, [known], rankTemperature) as [tf.Tensor2D]; // with i's own ½, [batch, slots]
    const found = tf.mul(filled, tf.sigmoid(tf.div(tf.sub(k, above), cutTemperature)));
    const positives = tf.sum(similar, 1);
    const counted = tf.minimum(positives, 1);
    return { terms: tf.sub(counted, tf.div(tf.sum(found, 1), tf.minimum(tf.maximum(positives, 1), k))), counted };
  },
});
