import { boolean, InvalidArgumentError, nonNegativeNumber, oneOfFew, optional } from "@quaterion/core";
import type { RelationBatch } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { all } from "./all.js";
import { cosineDistances } from "./cosine-distances.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { detach } from "./detach.js";
import { type Miner, minerValue } from "./miner.js";
import { type PairFunction, pairFunction } from "./pair-function.js";
import { similarSlots } from "./similar-slots.js";
import { tripletSums } from "./triplet-sums.js";

/**
 * Triplet margin loss: an anchor shall be nearer to what is similar than to what is dissimilar, by a margin.
 * Over triplets (a, p, n), p similar and n dissimilar to a: the mean of max(0, d(a, p) − d(a, n) + margin), or, soft, of
 * log(1 + exp(d(a, p) − d(a, n) + margin)).
 *
 * Options: `margin` (0.5; soft: 0), `soft` (false), `miner` (`all()`; `hard()` is quadratic in time, the others take batch · candidates · most positives),
 * `distances` (cosineDistances), `swap` (false): d(a, n) is the lesser of d(a, n) and d(p, n) where p and n are known to be dissimilar,
 * `average`: `"active"` (default) is the mean of the triplets whose loss is above 0, `"every"` of all that the miner keeps.
 * Use it for given triplets, with `hard()` or `semiHard()` in batches by labels, and where batches are small.
 *
 * Schroff, Kalenichenko & Philbin, "FaceNet", CVPR 2015, eq. 1 (which sums); soft margin and both averages: Hermans, Beyer & Leibe, "In defense
 * of the triplet loss", 2017; swap: Balntas et al., "Learning local feature descriptors with triplets", BMVC 2016.
 * @throws {InvalidArgumentError} for a wrong option, and in a step with `swap` whose batch tells nothing of the pairs among its candidates
 */
export const tripletMargin = defineRelationLoss({
  name: "tripletMargin",
  defaults: {
    margin: undefined as number | undefined,
    soft: false,
    miner: all() as Miner,
    distances: cosineDistances as PairFunction,
    swap: false,
    average: "active" as "active" | "every",
  },
  check: {
    margin: optional(nonNegativeNumber),
    soft: boolean,
    miner: minerValue,
    distances: pairFunction,
    swap: boolean,
    average: oneOfFew(["active", "every"]),
  },
  wholeBatch: ({ miner }) => miner.wholeBatch === true,
  needs: ({ miner, swap }) => (goesThroughAll(miner, swap) || miner.onePerAnchor ? [] : ["mostSimilar"]),
  compute(batch, { soft, margin = soft ? 0 : 0.5, miner, distances: between, swap, average }) {
    const distances = between(batch.anchors, batch.candidates); // [batch, candidates]
    const { similar, dissimilar } = miner.pairs(detach(distances), batch);
    if (miner.onePerAnchor && !swap) {
      const positives = tf.sum(similar, 1); // [batch], as are all below
      const negatives = tf.sum(dissimilar, 1);
      const toPositive = tf.div(tf.sum(tf.mul(distances, similar), 1), tf.maximum(positives, 1));
      const toNegative = tf.div(tf.sum(tf.mul(distances, dissimilar), 1), tf.maximum(negatives, 1));
      const excess = tf.add(tf.sub(toPositive, toNegative), margin);
      const whole = tf.mul(tf.minimum(positives, 1), tf.minimum(negatives, 1));
      const active = soft || average === "every" ? whole : tf.mul(whole, tf.cast(tf.greater(detach(excess), 0), "float32"));
      return { terms: tf.mul(whole, soft ? tf.softplus(excess) : tf.relu(excess)), counted: active };
    }
    const among = swap ? amongDissimilar(batch, between) : undefined;
    const across = miner.needsAcross ? detach(between(batch.candidates, batch.candidates)) : undefined;
    // Distances from positive to negative lie by candidates.
    const positives = similarSlots(similar, goesThroughAll(miner, swap) ? undefined : batch.mostSimilar);
    const { sums, counts } = tripletSums(
      { toPositives: positives.take(distances), toNegatives: distances, similar: positives.filled, dissimilar, among, across },
      { margin, soft, miner, active: average === "active", dim: batch.anchors.shape[1] },
    );
    const counted = detach(counts); // triplets of each pair, [batch, positives]
    // The mean of each pair's triplets, counted as often as it has triplets: together the mean over triplets.
    return { terms: tf.div(sums, tf.add(counted, tf.cast(tf.equal(counted, 0), "float32"))), counted };
  },
});

function goesThroughAll(miner: Miner, swap: boolean): boolean {
  return swap || miner.needsAcross === true;
}

/** Distances among candidates, `[candidates, candidates]`, far where the two are not known to be dissimilar. */
function amongDissimilar({ anchors, candidates, dissimilar, amongCandidates }: RelationBatch, between: PairFunction): tf.Tensor2D {
  if (!amongCandidates && candidates !== anchors) {
    throw new InvalidArgumentError(
      "`tripletMargin.swap` needs the relations among candidates; the batch has candidates of their own and no `amongCandidates`. Give them, or leave `swap` out.",
    );
  }
  const apart = amongCandidates?.dissimilar ?? dissimilar;
  return tf.add(tf.mul(between(candidates, candidates), apart), tf.mul(1e9, tf.sub(1, apart)));
}
