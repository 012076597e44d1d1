import { finiteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { amongCandidates } from "./among-candidates.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { detach } from "./detach.js";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";
import { type PairFunction, pairFunction } from "./pair-function.js";
import { unitEuclideanDistances } from "./unit-euclidean-distances.js";

/** Above any distance that float32 embeddings have; its negative stands for the logarithm of an empty sum. */
const far = 1e9;
/** Sums below this are empty, or of nothing that counts. */
const leastSum = 1e-37;

/**
 * Lifted structured loss: each similar pair against everything that it is known to be dissimilar to, seen from either end.
 * For a similar pair (i, j): J_ij = log( Σ_k exp(negativeMargin − d_ik) + Σ_l exp(negativeMargin − d_jl) ) + d_ij − positiveMargin, k dissimilar to i
 * and l to both; the mean over similar pairs of ½ max(0, J_ij)². Of a pair whose ends have no dissimilar sample the logarithm is left out. Both (i, j)
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
    const ofAnchors = maskedLogSumExp(tf.sub(negativeMargin, d), dissimilar); // [batch, 1]
    // Σ_l exp(−d_jl) over the l of both masks, without the factor of j's nearest l.
    const among = candidates === anchors ? d : between(candidates, candidates);
    const nearest = tf.min(tf.add(tf.mul(detach(among), apart), tf.mul(far, tf.sub(1, apart))), 1, true); // [candidates, 1]
    const exponentials: tf.Tensor2D = tf.mul(apart, tf.exp(tf.minimum(tf.sub(nearest, among), 0)));
    const sums = tf.matMul(dissimilar, exponentials, false, true); // [batch, candidates]
    const has = tf.cast(tf.greater(detach(sums), leastSum), "float32");
    const logarithms = tf.sub(tf.log(tf.add(tf.mul(has, sums), tf.sub(1, has))), tf.reshape(tf.sub(nearest, negativeMargin), [1, -1]));
    const ofCandidates = tf.sub(tf.mul(has, logarithms), tf.mul(far, tf.sub(1, has)));
    // log(eˣ + eʸ), taken from the larger of the two: an empty sum is −1e9, and would swallow the other's digits.
    const larger = tf.maximum(detach(ofAnchors), detach(ofCandidates)); // [batch, candidates]
    const both = tf.add(larger, tf.log(tf.add(tf.exp(tf.sub(ofAnchors, larger)), tf.exp(tf.sub(ofCandidates, larger)))));
    const some = tf.minimum(tf.sum(dissimilar, 1, true), 1); // [batch, 1]
    const excess = tf.relu(tf.add(tf.mul(some, both), tf.sub(d, positiveMargin)));
    return { terms: tf.mul(0.5, tf.mul(excess, excess)), counted: similar };
  },
});
