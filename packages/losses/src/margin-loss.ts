import { boolean, finiteNumber, nonNegativeNumber } from "@quaterion/core";
import type { LossParameters } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { defineRelationLoss } from "./define-relation-loss.js";
import { detach } from "./detach.js";
import { rejectLearned } from "./loss-definition.js";
import { type PairFunction, pairFunction } from "./pair-function.js";
import { unitEuclideanDistances } from "./unit-euclidean-distances.js";

/**
 * Margin loss: similar pairs shall be nearer than a border β, dissimilar ones farther, each by a margin; β is learned.
 * A similar pair costs max(0, d − β + margin), a dissimilar one max(0, β − d + margin); the mean over the pairs of all triplets whose cost is above 0,
 * plus `regularization` · β where β is learned. A similar pair is in as many triplets as its anchor has dissimilar samples, and the other way round.
 *
 * Options: `margin` α (0.2), `beta` (1.2; where β begins), `learnBeta` (true), `regularization` ν (0), `distances` (unitEuclideanDistances). The paper
 * chooses its dissimilar pairs evenly over all distances: `mined(marginLoss(), distanceWeighted(…))`. Learns `beta [1]`, one for each label space;
 * `classMarginLoss` learns one for each class.
 * Use it with many classes, where pulling all pairs of a class to one point (`contrastive`) or comparing triplets (`tripletMargin`) trains poorly.
 *
 * Wu et al., "Sampling matters in deep embedding learning", ICCV 2017, eq. 5 to 7.
 * @throws {InvalidArgumentError} when `margin` or `regularization` is below 0 or `beta` is not a finite number
 */
export const marginLoss = defineRelationLoss<MarginLossOptions, LossParameters>({
  name: "marginLoss",
  defaults: { margin: 0.2, beta: 1.2, learnBeta: true, regularization: 0, distances: unitEuclideanDistances },
  check: { margin: nonNegativeNumber, beta: finiteNumber, learnBeta: boolean, regularization: nonNegativeNumber, distances: pairFunction },
  parameters: (_, __, { beta, learnBeta }): Record<string, { shape: number[]; values: Float32Array }> =>
    learnBeta ? { beta: { shape: [1], values: Float32Array.of(beta) } } : {},
  compute({ anchors, candidates, similar, dissimilar }, { margin, beta: fixed, learnBeta, regularization, distances }, parameters) {
    const beta = learnBeta ? (parameters?.["beta"] ?? rejectLearned("marginLoss", "beta")) : fixed;
    const d = distances(anchors, candidates); // [batch, candidates]
    const { costs, counted } = marginCosts(d, similar, dissimilar, beta, margin);
    return { terms: learnBeta ? tf.add(costs, tf.mul(regularization, beta)) : costs, counted };
  },
});

export interface MarginLossOptions {
  readonly margin: number;
  readonly beta: number;
  readonly learnBeta: boolean;
  readonly regularization: number;
  readonly distances: PairFunction;
}

/** What each known pair costs, and in how many triplets it does, both `[batch, candidates]`. `beta` is a number, `[1]` or `[batch, 1]`. */
export function marginCosts(d: tf.Tensor2D, similar: tf.Tensor2D, dissimilar: tf.Tensor2D, beta: tf.Tensor | number, margin: number) {
  const over: tf.Tensor2D = tf.sub(d, beta);
  const pull = tf.mul(similar, tf.relu(tf.add(over, margin)));
  const push = tf.mul(dissimilar, tf.relu(tf.sub(margin, over)));
  const costs: tf.Tensor2D = tf.add(pull, push);
  const triplets = tf.add(tf.mul(similar, tf.sum(dissimilar, 1, true)), tf.mul(dissimilar, tf.sum(similar, 1, true)));
  return { costs, triplets, counted: tf.mul(triplets, tf.cast(tf.greater(detach(costs), 0), "float32")) };
}
