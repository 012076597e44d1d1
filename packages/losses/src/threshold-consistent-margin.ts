import { finiteNumber, nonNegativeNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { beyondMargins } from "./beyond-margins.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { detach } from "./detach.js";
import { meanOfKinds } from "./mean-of-kinds.js";

/**
 * Threshold-consistent margin loss (TCM): a regularizer that gathers all classes' hard pairs around one pair of borders, so that one threshold
 * serves every class; added to another loss.
 * positiveWeight · mean of (positiveMargin − s) over similar pairs with s ≤ positiveMargin, plus negativeWeight · mean of (s − negativeMargin) over
 * dissimilar pairs with s ≥ negativeMargin, s = cosine.
 * `positiveMargin` m⁺ (0.9), `negativeMargin` m⁻ (0.5), `positiveWeight` λ⁺ (1), `negativeWeight` λ⁻ (1).
 * Use it beside a ranking or softmax loss when one threshold must decide "same or not" for classes that spread unequally.
 *
 * Zhang et al., "Threshold-consistent margin loss for open-world deep metric learning", ICLR 2024, eq. 3.
 * @throws {InvalidArgumentError} when a margin is not a finite number or a weight is below 0
 */
export const thresholdConsistentMargin = defineRelationLoss({
  name: "thresholdConsistentMargin",
  defaults: { positiveMargin: 0.9, negativeMargin: 0.5, positiveWeight: 1, negativeWeight: 1 },
  check: {
    positiveMargin: finiteNumber,
    negativeMargin: finiteNumber,
    positiveWeight: nonNegativeNumber,
    negativeWeight: nonNegativeNumber,
  },
  reducer: meanOfKinds(),
  compute(batch, { positiveMargin, negativeMargin, positiveWeight, negativeWeight }) {
    const opposite = cosineSimilarities(batch.anchors, batch.candidates, -1); // [batch, candidates]
    const { beyond, counted, kinds } = beyondMargins(opposite, batch, -positiveMargin, -negativeMargin);
    const weight = tf.add(tf.mul(positiveWeight, batch.similar), tf.mul(negativeWeight, batch.dissimilar));
    const isHard = tf.cast(tf.greaterEqual(detach(beyond), 0), "float32");
    return { terms: tf.mul(weight, tf.relu(beyond)), counted: tf.mul(counted, isHard), kinds };
  },
});
