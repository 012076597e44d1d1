import { finiteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { defineRelationLoss } from "./define-relation-loss.js";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";
import { type PairFunction, pairFunction } from "./pair-function.js";
import { unitEuclideanDistances } from "./unit-euclidean-distances.js";

/**
 * Generalized lifted structure loss: per anchor, a soft maximum over all similar distances against one over all dissimilar samples' margins.
 * Per anchor: max(0, log Σ_p exp(d_ap − positiveMargin) + log Σ_n exp(negativeMargin − d_an)); the mean over anchors with a known pair. Of an anchor
 * that has only similar or only dissimilar samples the other logarithm is left out (the paper's batches have no such anchor).
 * `negativeMargin` m (1), `positiveMargin` (0; the paper has none), `distances` (unitEuclideanDistances).
 * Use it where `tripletMargin` with hard mining is too jumpy: every pair takes part, the hardest most.
 *
 * Hermans, Beyer & Leibe, "In defense of the triplet loss for person re-identification", 2017, eq. 8 (L_LG).
 * @throws {InvalidArgumentError} when a margin is not a finite number
 */
export const generalizedLiftedStructure = defineRelationLoss({
  name: "generalizedLiftedStructure",
  defaults: { negativeMargin: 1, positiveMargin: 0, distances: unitEuclideanDistances as PairFunction },
  check: { negativeMargin: finiteNumber, positiveMargin: finiteNumber, distances: pairFunction },
  compute({ anchors, candidates, similar, dissimilar }, { negativeMargin, positiveMargin, distances: between }) {
    const d = between(anchors, candidates); // [batch, candidates]
    const softMaximum = (values: tf.Tensor2D, mask: tf.Tensor2D) =>
      tf.mul(tf.minimum(tf.sum(mask, 1), 1), tf.squeeze(maskedLogSumExp(values, mask), [1])); // [batch], 0 over nothing
    const pull = softMaximum(tf.sub(d, positiveMargin), similar);
    const push = softMaximum(tf.sub(negativeMargin, d), dissimilar);
    return { terms: tf.relu(tf.add(pull, push)), counted: tf.minimum(tf.sum(tf.add(similar, dissimilar), 1), 1) };
  },
});
