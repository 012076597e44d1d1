import { finiteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { amongCandidates } from "./among-candidates.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { detach } from "./detach.js";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";
import { type PairFunction, pairFunction } from "./pair-function.js";
import { unitEuclideanDistances } from "./unit-euclidean-distances.js";

/**
 * Lifted structured loss: each similar pair against everything that either end is known to be dissimilar to.
 * For a similar pair (i, j): J_ij = log( Σ_k exp(negativeMargin − d_ik) + Σ_l exp(negativeMargin − d_jl) ) + d_ij − positiveMargin, k dissimilar to i
 * and l to j; the mean over similar pairs of ½ max(0, J_ij)². Of a pair whose ends have no dissimilar sample the logarithm is left out. Both (i, j)
 * and (j, i) are pairs, with the same value. What j is dissimilar to is looked for among the candidates.
 * `negativeMargin` α (1), `positiveMargin` (0; the paper has none), `distances` (unitEuclideanDistances; the paper's vectors are not of length 1).
 * Use it with large batches of few samples a class; `generalizedLiftedStructure` is the sturdier form.
 *
 * Song et al., "Deep metric learning via lifted structured feature embedding", CVPR 2016, eq. 4.
 * @throws {InvalidArgumentError} when a margin is not a finite number, and in a step whose candidates are not the anchors without `amongCandidates`
 */
export const liftedStructure = defineRelationLoss({
  name: "liftedStructure",
  defaults: { negativeMargin: 1, positiveMargin: 0, distances: unitEuclideanDistances as PairFunction },
  check: { negativeMargin: finiteNumber, positiveMargin: finiteNumber, distances: pairFunction },
  compute(batch, { negativeMargin, positiveMargin, distances: between }) {
    const { anchors, candidates, similar, dissimilar } = batch;
    const apart = amongCandidates("liftedStructure", batch).dissimilar;
    const d = between(anchors, candidates); // [batch, candidates]
    const inBatch = candidates === anchors && apart === dissimilar;
    const ofAnchors = maskedLogSumExp(tf.sub(negativeMargin, d), dissimilar); // [batch, 1]
    const ofCandidates = inBatch ? ofAnchors : maskedLogSumExp(tf.sub(negativeMargin, between(candidates, candidates)), apart);
    const other: tf.Tensor2D = tf.reshape(ofCandidates, [1, -1]); // [1, candidates]
    // log(eˣ + eʸ), taken from the larger of the two: an empty sum is −1e9, and would swallow the other's digits.
    const larger = tf.maximum(detach(ofAnchors), detach(other)); // [batch, candidates]
    const both = tf.add(larger, tf.log(tf.add(tf.exp(tf.sub(ofAnchors, larger)), tf.exp(tf.sub(other, larger)))));
    const some = tf.maximum(tf.minimum(tf.sum(dissimilar, 1, true), 1), tf.reshape(tf.minimum(tf.sum(apart, 1), 1), [1, -1]));
    const excess = tf.relu(tf.add(tf.mul(some, both), tf.sub(d, positiveMargin)));
    return { terms: tf.mul(similar, tf.mul(0.5, tf.mul(excess, excess))), counted: similar };
  },
});
