import { nonNegativeNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { defineRelationLoss } from "./define-relation-loss.js";
import { dotProducts } from "./dot-products.js";
import { type PairFunction, pairFunction } from "./pair-function.js";
import { pairSoftmax } from "./pair-softmax.js";

/**
 * N-pair loss: `multipleNegativesRanking` on plain dot products, with a weight on the length of embeddings, which nothing else holds down.
 * For a similar pair (i, j): log(1 + Σ_{n dissimilar to i} exp(a_i·c_n − a_i·c_j)) + λ/2 (|a_i|² + |c_j|²); the mean over similar pairs.
 * The paper's batch has one anchor and one candidate of each class; here any batch will do, and other similar samples of an anchor are no negatives
 * of it.
 * `lengthWeight` λ (0), `similarities` (dotProducts).
 *
 * Use it for embeddings whose length may carry meaning; on embeddings of length 1 dot products span too little: take `multipleNegativesRanking`.
 *
 * Sohn, "Improved deep metric learning with multi-class N-pair loss objective", NeurIPS 2016, section 3.2 (N-pair-mc).
 * @throws {InvalidArgumentError} when `lengthWeight` is below 0
 */
export const nPairs = defineRelationLoss({
  name: "nPairs",
  defaults: { lengthWeight: 0, similarities: dotProducts as PairFunction },
  check: { lengthWeight: nonNegativeNumber, similarities: pairFunction },
  compute({ anchors, candidates, similar, dissimilar }, { lengthWeight, similarities }) {
    const ranking = pairSoftmax(similarities(anchors, candidates), dissimilar, 1); // [batch, candidates]
    if (lengthWeight === 0) return { terms: ranking, counted: similar };
    const ofAnchors = tf.sum(tf.mul(anchors, anchors), 1, true); // [batch, 1]
    const ofCandidates = tf.expandDims(tf.sum(tf.mul(candidates, candidates), 1), 0); // [1, candidates]
    const length = tf.mul(lengthWeight / 2, tf.add(ofAnchors, ofCandidates));
    return { terms: tf.add(ranking, length), counted: similar };
  },
});
