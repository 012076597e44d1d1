import { type Check, oneOfFew, positiveInteger, reject } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { defineRelationLoss } from "./define-relation-loss.js";
import { detach } from "./detach.js";
import { placesIn, runningShares } from "./running-shares.js";
import { similarSlots } from "./similar-slots.js";
import { unitEuclideanDistances } from "./unit-euclidean-distances.js";
import { weightedTripletGaps } from "./weighted-triplet-gaps.js";

const twoOrMoreBelow: Check<number> = (value, argument) =>
  typeof value === "number" && Number.isFinite(value) && value <= -2
    ? value
    : reject(argument, "a finite number of −2 or less, the least x there is", value);

/**
 * Dynamic soft margin loss: the triplet loss without a margin; each triplet weighs as much as the share of triplets that are no worse.
 * The mean over triplets of w · x, x = d(a, p) − d(a, n) on vectors of length 1 and w, a constant, the share of the batch's x that lie at or below
 * the node of a soft histogram under x. It may be below 0. The paper's histogram runs on from batch to batch; this one is the batch's own,
 * so batches should be large. Needs whole batches.
 *
 * Options: `negatives`: `"hardest"` (default): one triplet for each similar pair, with the sample nearest to a that is dissimilar to it (the paper:
 * nearest to a or p; here p is an anchor too, and has its own). `"every"`: all triplets, as pytorch-metric-learning has it; in blocks of 4·10⁶
 * numbers, in a time of batch · candidates · most positives of an anchor. `lowest` (−2) and `bins` (512, as the authors' code): the
 * histogram goes from `lowest` to −`lowest`.
 * Use it where triplets are the natural form and no margin suits all stages of training.
 *
 * Zhang & Rusinkiewicz, "Learning local descriptors with a CDF-based dynamic soft margin", ICCV 2019, eq. 4 and 5.
 * @throws {InvalidArgumentError} for unknown `negatives`, and when `lowest` is above −2 or `bins` not a whole number of 1 or more
 */
export const dynamicSoftMargin = defineRelationLoss({
  name: "dynamicSoftMargin",
  defaults: { negatives: "hardest" as "hardest" | "every", lowest: -2, bins: 512 },
  check: { negatives: oneOfFew(["hardest", "every"]), lowest: twoOrMoreBelow, bins: positiveInteger },
  wholeBatch: true,
  needs: ({ negatives }) => (negatives === "every" ? ["mostSimilar"] : []),
  compute(batch, { negatives, lowest, bins }) {
    const { anchors, candidates, similar, dissimilar, weights } = batch;
    const range = { lowest, highest: -lowest, bins };
    const d = unitEuclideanDistances(anchors, candidates); // [batch, candidates]
    if (negatives === "every") {
      const { filled, take } = similarSlots(similar, batch.mostSimilar);
      const counted = tf.mul(filled, tf.sum(dissimilar, 1, true)); // triplets of each similar pair, [batch, positives]
      const sums = weightedTripletGaps({ toPositives: take(d), toNegatives: d, similar: filled, dissimilar, weights }, range);
      return { terms: tf.div(sums, tf.maximum(counted, 1)), counted };
    }
    const chosen = nearest(detach(d), dissimilar);
    const toNegative = tf.sum(tf.mul(chosen, d), 1, true); // [batch, 1]
    const counted = tf.mul(similar, tf.minimum(tf.sum(dissimilar, 1, true), 1));
    const gaps = tf.mul(counted, tf.sub(d, toNegative));
    const weight = weights ? tf.mul(counted, tf.expandDims(weights, 1)) : counted;
    const places = placesIn(tf.reshape(detach(gaps), [-1]), range);
    const shares = tf.gather(runningShares(places, tf.reshape(weight, [-1]), range), places.bin);
    return { terms: tf.mul(gaps, tf.reshape(shares, similar.shape)), counted };
  },
});

/** 1 at each row's nearest of what the mask lets through, those that tie sharing it, `[rows, candidates]`; 0 where there is none. */
function nearest(d: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor2D {
  const raised = tf.add(tf.mul(d, mask), tf.mul(3, tf.sub(1, mask))); // no two vectors of length 1 are 3 apart
  const chosen = tf.mul(mask, tf.cast(tf.lessEqual(raised, tf.min(raised, 1, true)), "float32"));
  return tf.div(chosen, tf.maximum(tf.sum(chosen, 1, true), 1));
}
