import { checkOptions, finiteNumber, nonNegativeNumber, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Miner } from "./miner.js";
import { noiseOf } from "./noise-of.js";

const far = 1e9;

export interface DistanceWeightedOptions {
  /** Nearer negatives are taken to lie at this distance, or the few nearest would be chosen always; 0.5. */
  cutoff?: number | undefined;
  /** Negatives at this distance and beyond are never chosen: with margins around 1.2 their loss is 0; 1.4. */
  beyond?: number | undefined;
  /** 1 */
  seed?: number | undefined;
}

/**
 * The miner that gives every similar pair one negative, drawn at random so that all distances are equally likely: with chance ∝ 1 / q(d), where
 * q(d) = d^(dim − 2) (1 − d² / 4)^((dim − 3) / 2) is how often random points of the sphere lie d apart. A pair without a negative nearer than
 * `beyond` keeps none. Chance comes from the distances' last digits and `seed`: the same batch draws the same; negatives that tie share. For
 * Euclidean distances of unit vectors.
 *
 * Wu et al., "Sampling matters in deep embedding learning", ICCV 2017, section 4.
 * @throws {InvalidArgumentError} when `cutoff` is below 0, `beyond` not above 0, or one of the three not finite
 */
export function distanceWeighted(options: DistanceWeightedOptions = {}): Miner {
  checkOptions("distanceWeighted", options, { cutoff: nonNegativeNumber, beyond: positiveFiniteNumber, seed: finiteNumber });
  const { cutoff = 0.5, beyond = 1.4, seed = 1 } = options;
  return {
    name: `distanceWeighted(${cutoff}, ${beyond}, ${seed})`,
    pairs: (_, masks) => masks,
    triplets(_, allowed, { toPositives, toNegatives, dim }) {
      const d = tf.maximum(toNegatives, Math.max(cutoff, 1e-6));
      const inside = tf.maximum(tf.sub(1, tf.mul(0.25, tf.mul(d, d))), 1e-12); // 0 between opposite points
      const chance = tf.sub(tf.mul(2 - dim, tf.log(d)), tf.mul((dim - 3) / 2, tf.log(inside))); // logarithm, [batch, 1, negatives]
      const noise = noiseOf(tf.add(toNegatives, tf.mul(13.7, toPositives)), seed);
      const drawn = tf.sub(chance, tf.log(tf.neg(tf.log(noise)))); // with Gumbel noise, the greatest is a draw by these chances
      const open = tf.mul(allowed, tf.cast(tf.less(toNegatives, beyond), "float32"));
      const eligible = tf.sub(tf.mul(drawn, open), tf.mul(far, tf.sub(1, open)));
      const chosen = tf.mul(open, tf.cast(tf.greaterEqual(eligible, tf.max(eligible, 2, true)), "float32"));
      return tf.div(chosen, tf.maximum(tf.sum(chosen, 2, true), 1));
    },
  };
}
