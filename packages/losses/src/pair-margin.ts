import { checkOptions, finiteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Miner } from "./miner.js";

export interface PairMarginOptions {
  /** Similar pairs farther apart than this stay; 0.2. */
  positiveMargin?: number | undefined;
  /** Dissimilar pairs nearer than this stay; 0.8. */
  negativeMargin?: number | undefined;
}

/**
 * The miner that keeps the pairs that are on the wrong side of a margin: similar ones with d > positiveMargin, dissimilar ones with
 * d < negativeMargin. (pytorch-metric-learning's PairMarginMiner.)
 * @throws {InvalidArgumentError} when a margin is not a finite number
 */
export function pairMargin(options: PairMarginOptions = {}): Miner {
  checkOptions("pairMargin", options, { positiveMargin: finiteNumber, negativeMargin: finiteNumber });
  const { positiveMargin = 0.2, negativeMargin = 0.8 } = options;
  return {
    name: `pairMargin(${positiveMargin}, ${negativeMargin})`,
    pairs: (distances, { similar, dissimilar }) => ({
      similar: tf.mul(similar, tf.cast(tf.greater(distances, positiveMargin), "float32")),
      dissimilar: tf.mul(dissimilar, tf.cast(tf.less(distances, negativeMargin), "float32")),
    }),
  };
}
