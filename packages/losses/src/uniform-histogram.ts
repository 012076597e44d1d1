import { checkOptions, finiteNumber, positiveInteger } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Miner } from "./miner.js";
import { noiseOf } from "./noise-of.js";

const far = 1e9;

export interface UniformHistogramOptions {
  /** Bins of equal width between the least and the greatest distance of each kind; 100. */
  bins?: number | undefined;
  /** Similar pairs that stay of each bin; 10. */
  positivesPerBin?: number | undefined;
  /** Dissimilar pairs that stay of each bin; 10. */
  negativesPerBin?: number | undefined;
  /** 1 */
  seed?: number | undefined;
}

/**
 * The miner that spreads its pairs evenly over distances: of each kind, the same number of pairs from each bin of a histogram of all distances of
 * the batch, chosen at random; all pairs of a bin that has fewer. It compares pairs of different anchors, so a loss with it takes whole batches
 * only. Chance comes from the distances' last digits and `seed`: the same batch draws the same. Sorts the pairs.
 *
 * pytorch-metric-learning's UniformHistogramMiner, which draws with replacement; after Wu et al., "Sampling matters in deep embedding learning",
 * ICCV 2017, section 4.
 * @throws {InvalidArgumentError} when `bins`, `positivesPerBin` or `negativesPerBin` is not a whole number of 1 or more
 */
export function uniformHistogram(options: UniformHistogramOptions = {}): Miner {
  checkOptions("uniformHistogram", options, {
    bins: positiveInteger,
    positivesPerBin: positiveInteger,
    negativesPerBin: positiveInteger,
    seed: finiteNumber,
  });
  const { bins = 100, positivesPerBin = 10, negativesPerBin = 10, seed = 1 } = options;
  return {
    name: `uniformHistogram(${bins}, ${positivesPerBin}, ${negativesPerBin}, ${seed})`,
    wholeBatch: true,
    pairs(distances, { similar, dissimilar }) {
      const noise: tf.Tensor2D = tf.mul(0.999, noiseOf(distances, seed));
      return {
        similar: fewOfEachBin(binsOf(distances, similar, bins), noise, similar, positivesPerBin),
        dissimilar: fewOfEachBin(binsOf(distances, dissimilar, bins), noise, dissimilar, negativesPerBin),
      };
    },
  };
}

/** The number of each pair's bin, 0 to bins − 1. */
function binsOf(distances: tf.Tensor2D, mask: tf.Tensor2D, bins: number): tf.Tensor2D {
  const unknown = tf.mul(far, tf.sub(1, mask));
  const known = tf.mul(distances, mask);
  const lowest = tf.min(tf.add(known, unknown));
  const width = tf.sub(tf.max(tf.sub(known, unknown)), lowest);
  const place = tf.div(tf.sub(distances, lowest), tf.add(width, tf.cast(tf.equal(width, 0), "float32")));
  return tf.clipByValue(tf.floor(tf.mul(bins, place)), 0, bins - 1);
}

/** The first `count` pairs of each bin in the order of the noise. */
function fewOfEachBin(bins: tf.Tensor2D, noise: tf.Tensor2D, mask: tf.Tensor2D, count: number): tf.Tensor2D {
  const pairs = mask.size;
  const keys = tf.sub(tf.mul(tf.add(bins, noise), mask), tf.sub(1, mask)); // −1 where unknown: before bin 0
  const ascending = tf.topk(tf.reshape(tf.neg(keys), [pairs]), pairs);
  const sortedBins = tf.floor(tf.neg(ascending.values));
  // A pair is one of the first of its bin where the pair `count` places before it lies in another one.
  const before = tf.concat([tf.fill([Math.min(count, pairs)], -2), tf.slice(sortedBins, [0], [Math.max(0, pairs - count)])]);
  const first = tf.cast(tf.notEqual(sortedBins, before), "float32");
  // Back to the pairs' own order: sorting the places gives the inverse of the order.
  const inverse = tf.topk(tf.neg(tf.cast(ascending.indices, "float32")), pairs).indices;
  return tf.mul(mask, tf.reshape(tf.gather(first, inverse), mask.shape));
}
