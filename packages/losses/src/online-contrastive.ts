import { positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { cosineDistances } from "./cosine-distances.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { detach } from "./detach.js";
import { type PairFunction, pairFunction } from "./pair-function.js";

/** Above any distance that float32 embeddings have. */
const far = 1e9;

/**
 * Online contrastive loss: the contrastive loss of the batch's hard pairs only.
 * Hard are the similar pairs farther apart than the nearest dissimilar pair of the batch, and the dissimilar pairs nearer than the farthest similar
 * one; the mean over hard pairs of d² for similar and max(0, margin − d)² for dissimilar ones (sentence-transformers sums: `reducer: sum()`). With
 * fewer than two dissimilar pairs the border of the similar ones is their own mean distance, and the other way round. Needs whole batches.
 *
 * Options: `margin` (0.5), `distances` (cosineDistances).
 * Use it instead of `contrastive` when most pairs are easy and drown the few that teach.
 *
 * Reimers & Gurevych, sentence-transformers' OnlineContrastiveLoss, 2019; there is no paper. The pairs' costs are those of Hadsell, Chopra & LeCun,
 * "Dimensionality reduction by learning an invariant mapping", CVPR 2006, eq. 4, without the ½.
 * @throws {InvalidArgumentError} when `margin` is not a finite number above 0
 */
export const onlineContrastive = defineRelationLoss({
  name: "onlineContrastive",
  defaults: { margin: 0.5, distances: cosineDistances as PairFunction },
  check: { margin: positiveFiniteNumber, distances: pairFunction },
  wholeBatch: true,
  compute({ anchors, candidates, similar, dissimilar, weights }, { margin, distances }) {
    const d = distances(anchors, candidates); // [batch, candidates]
    const fixed = detach(d);
    const weigh = (mask: tf.Tensor) => (weights ? tf.mul(mask, tf.expandDims(weights, 1)) : mask);
    const [positives, negatives] = [weigh(similar), weigh(dissimilar)].map((mask) => {
      const count = tf.sum(mask);
      const absent = tf.cast(tf.equal(mask, 0), "float32");
      return {
        mean: tf.div(tf.sum(tf.mul(mask, fixed)), tf.add(count, tf.cast(tf.equal(count, 0), "float32"))),
        nearest: tf.min(tf.add(tf.mul(tf.sub(1, absent), fixed), tf.mul(far, absent))),
        farthest: tf.max(tf.sub(tf.mul(tf.sub(1, absent), fixed), tf.mul(far, absent))),
        several: tf.cast(tf.greater(count, 1), "float32"),
      };
    }) as [Spread, Spread];
    const either = (several: tf.Tensor, one: tf.Tensor, other: tf.Tensor) =>
      tf.add(tf.mul(several, one), tf.mul(tf.sub(1, several), other));
    const above = either(negatives.several, negatives.nearest, positives.mean);
    const below = either(positives.several, positives.farthest, negatives.mean);
    const hardSimilar = tf.mul(similar, tf.cast(tf.greater(fixed, above), "float32"));
    const hardDissimilar = tf.mul(dissimilar, tf.cast(tf.less(fixed, below), "float32"));
    const push = tf.relu(tf.sub(margin, d));
    const cost = tf.add(tf.mul(hardSimilar, tf.mul(d, d)), tf.mul(hardDissimilar, tf.mul(push, push)));
    return { terms: cost, counted: tf.add(hardSimilar, hardDissimilar) };
  },
});

/** Of the pairs of one kind, as scalars: their mean, least and greatest distance, and whether there are two or more. */
interface Spread {
  readonly mean: tf.Tensor;
  readonly nearest: tf.Tensor;
  readonly farthest: tf.Tensor;
  readonly several: tf.Tensor;
}
