import { finiteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { detach } from "./detach.js";

/** Below every cosine: what a pair that is no negative counts as when the hardest is sought. */
const lowest = -4;

/**
 * Mega-batch margin loss: a similar pair must be alike enough, and the hardest negative of the whole batch unlike enough.
 * For a similar pair (i, j): max(0, positiveMargin − s_ij) + max(0, max_{n dissimilar to i} s_in − negativeMargin), s = cosine; the mean over similar
 * pairs. Negatives that tie for the hardest share its gradient; without a negative the second part is 0.
 * `positiveMargin` (0.8), `negativeMargin` (0.3). The paper has one hinge, max(0, δ − s_ij + max s_in): that is `tripletMargin` with the miner
 * `hard()`; two hinges let both stop by themselves.
 *
 * Use it with batches of thousands, where the hardest negative is hard indeed.
 *
 * Wieting & Gimpel, "ParaNMT-50M", ACL 2018; the two hinges are sentence-transformers' MegaBatchMarginLoss.
 * @throws {InvalidArgumentError} when a margin is not a finite number
 */
export const megaBatchMargin = defineRelationLoss({
  name: "megaBatchMargin",
  defaults: { positiveMargin: 0.8, negativeMargin: 0.3 },
  check: { positiveMargin: finiteNumber, negativeMargin: finiteNumber },
  compute({ anchors, candidates, similar, dissimilar }, { positiveMargin, negativeMargin }) {
    const s = cosineSimilarities(anchors, candidates); // [batch, candidates]
    const seen = tf.add(tf.mul(detach(s), dissimilar), tf.mul(lowest, tf.sub(1, dissimilar)));
    const hardest = tf.mul(dissimilar, tf.cast(tf.greaterEqual(seen, tf.max(seen, 1, true)), "float32"));
    const ties = tf.sum(hardest, 1, true); // [batch, 1]
    const negative = tf.div(tf.sum(tf.mul(s, hardest), 1, true), tf.maximum(ties, 1));
    const push = tf.mul(tf.minimum(ties, 1), tf.relu(tf.sub(negative, negativeMargin)));
    const pull = tf.relu(tf.sub(positiveMargin, s));
    return { terms: tf.add(pull, push), counted: similar };
  },
});
