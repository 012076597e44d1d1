import { positiveInteger } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { detach } from "./detach.js";
import { softHistograms } from "./soft-histograms.js";

/**
 * FastAP: one minus the average precision of each anchor's ranking, read from histograms of its distances.
 * Per anchor: 1 − 1/|P| Σ_b h⁺_b H⁺_b / H_b, h⁺ the soft histogram of the squared distances (0 to 4, of vectors of length 1) to its similar samples P,
 * H⁺ its running sum and H that of all known samples; the mean over anchors that have a similar sample.
 * `bins` (10): more follow the ranking more closely, fewer have smoother gradients.
 * Use it when the order of the whole ranking counts and batches are large; its cost grows with batch · candidates only.
 *
 * Cakir et al., "Deep metric learning to rank", CVPR 2019, eq. 8 to 11.
 * @throws {InvalidArgumentError} when `bins` is not a whole number of 1 or more
 */
export const fastAP = defineRelationLoss({
  name: "fastAP",
  defaults: { bins: 10 },
  check: { bins: positiveInteger },
  compute({ anchors, candidates, similar, dissimilar }, { bins }) {
    const squared: tf.Tensor2D = tf.sub(2, tf.mul(2, cosineSimilarities(anchors, candidates))); // [batch, candidates]
    const range = { lowest: 0, highest: 4, bins };
    const ofSimilar = softHistograms(squared, similar, range); // [batch, nodes]
    const upToSimilar = tf.cumsum(ofSimilar, 1);
    const upTo = tf.cumsum(tf.add(ofSimilar, softHistograms(squared, dissimilar, range)), 1);
    const precision = tf.div(tf.mul(ofSimilar, upToSimilar), tf.add(upTo, tf.cast(tf.equal(detach(upTo), 0), "float32")));
    const positives = tf.sum(similar, 1);
    const counted = tf.minimum(positives, 1);
    return { terms: tf.sub(counted, tf.div(tf.sum(precision, 1), tf.maximum(positives, 1))), counted };
  },
});
