import { boolean, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { type PairFunction, pairFunction } from "./pair-function.js";
import { pairSoftmax } from "./pair-softmax.js";

/**
 * Multiple negatives ranking (in-batch softmax, InfoNCE): every similar pair must win against all that is dissimilar to its anchor.
 * For a similar pair (i, j): −log( exp(s_ij) / (exp(s_ij) + Σ_{n dissimilar to i} exp(s_in)) ), s = scale · similarity; the mean over similar pairs.
 * Candidates may hold explicit hard negatives: columns that are similar to no anchor. Other similar samples of an anchor are no negatives of it.
 *
 * Options: `scale` (20; 1 / temperature), `similarities` (cosineSimilarities), `symmetric` (false): also the candidate must choose its anchor,
 * the two averaged. Symmetric, the loss needs whole batches: a candidate's softmax runs over all anchors.
 *
 * Henderson et al., "Efficient natural language response suggestion for Smart Reply", 2017, section 4.4; sentence-transformers'
 * MultipleNegativesRankingLoss and MultipleNegativesSymmetricRankingLoss.
 * @throws {InvalidArgumentError} when `scale` is not a finite number above 0
 */
export const multipleNegativesRanking = defineRelationLoss({
  name: "multipleNegativesRanking",
  defaults: { scale: 20, similarities: cosineSimilarities as PairFunction, symmetric: false },
  check: { scale: positiveFiniteNumber, similarities: pairFunction, symmetric: boolean },
  wholeBatch: ({ symmetric }) => symmetric,
  compute({ anchors, candidates, similar, dissimilar }, { scale, similarities, symmetric }) {
    const logits: tf.Tensor2D = tf.mul(scale, similarities(anchors, candidates)); // [batch, candidates]
    const choosing = pairSoftmax(logits, dissimilar, 1);
    const terms = symmetric ? tf.div(tf.add(choosing, pairSoftmax(logits, dissimilar, 0)), 2) : choosing;
    return { terms: tf.mul(similar, terms), counted: similar };
  },
});
