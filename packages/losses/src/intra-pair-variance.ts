import { nonNegativeNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
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
  compute({ anchors, candidates, similar, dissimilar, weights }, { positiveSlack, negativeSlack }) {
    const s = cosineSimilarities(anchors, candidates); // [batch, candidates]
    const weigh = (mask: tf.Tensor2D) => (weights ? tf.mul(mask, tf.expandDims(weights, 1)) : mask);
    const meanOver = (mask: tf.Tensor) => {
      const count = tf.sum(mask);
      return tf.div(tf.sum(tf.mul(mask, s)), tf.add(count, tf.cast(tf.equal(count, 0), "float32")));
    };
    const below = tf.relu(tf.sub(tf.mul(1 - positiveSlack, meanOver(weigh(similar))), s));
    const above = tf.relu(tf.sub(s, tf.mul(1 + negativeSlack, meanOver(weigh(dissimilar)))));
    const squared = (mask: tf.Tensor, excess: tf.Tensor) => tf.mul(mask, tf.mul(excess, excess));
    return {
      terms: tf.stack([squared(similar, below), squared(dissimilar, above)], 1), // [batch, kinds, candidates]
      counted: tf.stack([similar, dissimilar], 1),
    };
  },
});
