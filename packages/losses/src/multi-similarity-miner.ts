import { checkOptions, finiteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { greatest, least } from "./extremes.js";
import type { Miner } from "./miner.js";

export interface MultiSimilarityMinerOptions {
  /** How much easier than the other kind's hardest a pair may be; 0.1. */
  epsilon?: number | undefined;
}

/**
 * The miner of the multi-similarity loss: each anchor's similar samples that are farther than its nearest dissimilar one, less ε, and its
 * dissimilar samples that are nearer than its farthest similar one, plus ε. An anchor without a sample of either kind keeps nothing.
 *
 * Wang et al., "Multi-similarity loss with general pair weighting for deep metric learning", CVPR 2019, eq. 11 and 12 (there with similarities).
 * @throws {InvalidArgumentError} when `epsilon` is not a finite number
 */
export function multiSimilarityMiner(options: MultiSimilarityMinerOptions = {}): Miner {
  checkOptions("multiSimilarityMiner", options, { epsilon: finiteNumber });
  const { epsilon = 0.1 } = options;
  return {
    name: `multiSimilarityMiner(${epsilon})`,
    pairs: (distances, { similar, dissimilar }) => ({
      similar: tf.mul(similar, tf.cast(tf.greater(tf.add(distances, epsilon), least(distances, dissimilar)), "float32")),
      dissimilar: tf.mul(dissimilar, tf.cast(tf.less(tf.sub(distances, epsilon), greatest(distances, similar)), "float32")),
    }),
  };
}
