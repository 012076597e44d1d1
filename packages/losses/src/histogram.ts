import { positiveInteger } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { placesIn, runningShares } from "./running-shares.js";

/**
 * Histogram loss: the probability that a dissimilar pair is more alike than a similar one, both drawn from the batch.
 * Σ_r h⁻_r Σ_{q ≤ r} h⁺_q, h⁺ and h⁻ the soft histograms (each of sum 1) of the cosines of all similar and all dissimilar pairs, −1 to 1. Written as
 * the mean over dissimilar pairs of the running sum of h⁺ at their cosine. 0 where the batch has no similar pair. Needs whole batches.
 * `bins` (100): the histograms have bins + 1 nodes.
 * Use it when there is nothing to tune with: it has no margin, and its only option hardly matters.
 *
 * Ustinova & Lempitsky, "Learning deep embeddings with histogram loss", NeurIPS 2016, eq. 2 to 4.
 * @throws {InvalidArgumentError} when `bins` is not a whole number of 1 or more
 */
export const histogram = defineRelationLoss({
  name: "histogram",
  defaults: { bins: 100 },
  check: { bins: positiveInteger },
  wholeBatch: true,
  compute({ anchors, candidates, similar, dissimilar, weights }, { bins }) {
    const flat = (values: tf.Tensor): tf.Tensor1D => tf.reshape(values, [-1]);
    const range = { lowest: -1, highest: 1, bins };
    const places = placesIn(flat(cosineSimilarities(anchors, candidates)), range); // of [batch · candidates] pairs
    const running = runningShares(places, flat(weights ? tf.mul(similar, tf.expandDims(weights, 1)) : similar), range); // [bins + 1]
    const start = tf.slice(running, [0], [bins]);
    const rise = tf.sub(tf.slice(running, [1], [bins]), start);
    const reached = tf.add(tf.gather(start, places.bin), tf.mul(places.share, tf.gather(rise, places.bin)));
    const counted = tf.mul(dissimilar, tf.minimum(tf.sum(similar), 1));
    return { terms: tf.reshape(reached, similar.shape), counted };
  },
});
