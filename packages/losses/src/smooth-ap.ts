import { positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { similarSlots } from "./similar-slots.js";
import { softCountsAbove } from "./soft-counts-above.js";

/**
 * Smooth-AP: one minus the average precision of each anchor's ranking, with a sigmoid in place of "lies above".
 * Per anchor: 1 − 1/|P| Σ_{i ∈ P} R⁺(i) / (R⁺(i) + R⁻(i)), R⁺(i) = 1 + Σ_{j ∈ P, j ≠ i} σ((s_j − s_i) / temperature), R⁻(i) the same sum over the
 * dissimilar samples, s = cosine; the mean over anchors that have a similar sample. The anchor itself is not in its own ranking.
 * `temperature` τ (0.01): lower follows the ranking more closely, with sparser gradients. In blocks of 4·10⁶ numbers; time is
 * batch · candidates · most positives of an anchor.
 * Use it to train retrieval for mean average precision, with several samples of a class in each batch.
 *
 * Brown et al., "Smooth-AP: smoothing the path towards large-scale image retrieval", ECCV 2020, eq. 6.
 * @throws {InvalidArgumentError} when `temperature` is not a finite number above 0
 */
export const smoothAP = defineRelationLoss({
  name: "smoothAP",
  defaults: { temperature: 0.01 },
  check: { temperature: positiveFiniteNumber },
  needs: ["mostSimilar"],
  compute({ anchors, candidates, similar, dissimilar, mostSimilar }, { temperature }) {
    const s = cosineSimilarities(anchors, candidates);
    const { filled, take } = similarSlots(similar, mostSimilar);
    const [ofSimilar, ofDissimilar] = softCountsAbove({ of: take(s), among: s }, [similar, dissimilar], temperature) as [
      tf.Tensor2D,
      tf.Tensor2D,
    ];
    const amongSimilar = tf.add(tf.sub(ofSimilar, tf.mul(0.5, filled)), 1); // without i's own ½, [batch, slots]
    const precision = tf.div(amongSimilar, tf.add(amongSimilar, ofDissimilar));
    const positives = tf.sum(similar, 1);
    const counted = tf.minimum(positives, 1);
    return { terms: tf.sub(counted, tf.div(tf.sum(tf.mul(filled, precision), 1), tf.maximum(positives, 1))), counted };
  },
});
