import { checkOptions, finiteNumber, oneOf } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Miner } from "./miner.js";

export interface TripletMarginMinerOptions {
  /** How much farther than the positive a negative should be; 0.2. */
  margin?: number | undefined;
  /**
   * `"all"` (default): triplets that violate the margin; `"hard"`: of these, the ones whose negative is no farther than the positive; `"semiHard"`:
   * the ones whose negative is farther; `"easy"`: triplets that hold the margin.
   */
  keep?: "all" | "hard" | "semiHard" | "easy" | undefined;
}

/**
 * The miner that keeps triplets by their gap d(a, n) − d(a, p): `"all"` gap ≤ margin, `"hard"` gap ≤ min(0, margin), `"semiHard"`
 * 0 < gap ≤ margin, `"easy"` gap > margin. (pytorch-metric-learning's TripletMarginMiner; unlike `semiHard()`, every negative of the band stays.)
 * @throws {InvalidArgumentError} when `margin` is not a finite number or `keep` none of the four
 */
export function tripletMarginMiner(options: TripletMarginMinerOptions = {}): Miner {
  checkOptions("tripletMarginMiner", options, { margin: finiteNumber, keep: oneOf(["all", "hard", "semiHard", "easy"]) });
  const { margin = 0.2, keep = "all" } = options;
  const upTo = keep === "hard" ? Math.min(0, margin) : margin;
  return {
    name: `tripletMarginMiner(${keep}, ${margin})`,
    pairs: (_, masks) => masks,
    triplets(gaps, allowed) {
      const above = (least: number) => tf.cast(tf.greater(gaps, least), "float32");
      if (keep === "easy") return tf.mul(allowed, above(margin));
      const within: tf.Tensor3D = tf.mul(allowed, tf.sub(1, above(upTo)));
      return keep === "semiHard" ? tf.mul(within, above(0)) : within;
    },
  };
}
