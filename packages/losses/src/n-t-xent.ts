import { positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { type PairFunction, pairFunction } from "./pair-function.js";
import { pairSoftmax } from "./pair-softmax.js";

/**
 * Normalised temperature-scaled cross entropy (NT-Xent): `multipleNegativesRanking` in the words of self-supervised learning.
 * For a similar pair (i, j): −log( exp(s_ij / τ) / (exp(s_ij / τ) + Σ_{n dissimilar to i} exp(s_in / τ)) ); the mean over similar pairs, each
 * seen from both its sides where both are anchors. Other similar samples of an anchor are no negatives of it.
 * `temperature` τ (0.07); `similarities` (cosineSimilarities).
 * Use it for two views of each record, and to compare with what SimCLR's followers report.
 *
 * Chen et al., "A simple framework for contrastive learning of visual representations" (SimCLR), ICML 2020, eq. 1.
 * @throws {InvalidArgumentError} when `temperature` is not a finite number above 0
 */
export const nTXent = defineRelationLoss({
  name: "nTXent",
  defaults: { temperature: 0.07, similarities: cosineSimilarities as PairFunction },
  check: { temperature: positiveFiniteNumber, similarities: pairFunction },
  compute({ anchors, candidates, similar, dissimilar }, { temperature, similarities }) {
    const logits: tf.Tensor2D = tf.div(similarities(anchors, candidates), temperature); // [batch, candidates]
    return { terms: pairSoftmax(logits, dissimilar, 1), counted: similar };
  },
});
