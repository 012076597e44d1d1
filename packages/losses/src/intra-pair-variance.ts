import { nonNegativeNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { beyondMargins } from "./beyond-margins.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { meanOfKinds } from "./mean-of-kinds.js";

/**
 * Intra-pair variance loss: a regularizer that narrows the spread of the similar pairs' cosines, and that of the dissimilar pairs', around their
 * means; added to another loss.
 * With μ⁺, μ⁻ the mean cosine s of all similar and all dissimilar pairs: the mean over similar pairs of max(0, (1 − positiveSlack) μ⁺ − s)², plus
 * the mean over dissimilar pairs of max(0, s − (1 + negativeSlack) μ⁻)². The means take part in the gradient. Needs whole batches.
 * `positiveSlack` (0.01), `negativeSlack` (0.01): the share of the mean that a pair may fall short of it.
 * Use it beside `tupletMargin` or another softmax loss, with a small weight, to even out easy and hard pairs.
 *
 * Yu & Tao, "Deep metric learning with tuplet margin loss", ICCV 2019, eq. 8 and 9.
 * @throws {InvalidArgumentError} when a slack is below 0
 */
export const intraPairVariance = defineRelationLoss({
  name: "intraPairVariance",
  defaults: { positiveSlack: 0.01, negativeSlack: 0.01 },
  check: { positiveSlack: nonNegativeNumber, negativeSlack: nonNegativeNumber },
  wholeBatch: true,
  reducer: meanOfKinds(),
  compute(batch, { positiveSlack, negativeSlack }) {
    const { weights } = batch;
    const opposite = cosineSimilarities(batch.anchors, batch.candidates, -1); // [batch, candidates]
    const mean = (mask: tf.Tensor2D) => {
      const weighed = weights ? tf.mul(mask, tf.expandDims(weights, 1)) : mask;
      const count = tf.sum(weighed);
      return tf.div(tf.sum(tf.mul(weighed, opposite)), tf.where(tf.equal(count, 0), 1, count));
    };
    const borders = [tf.mul(1 - positiveSlack, mean(batch.similar)), tf.mul(1 + negativeSlack, mean(batch.dissimilar))] as const;
    const { beyond, ...counts } = beyondMargins(opposite, batch, ...borders);
    return { terms: tf.square(tf.relu(beyond)), ...counts };
  },
});
