import { type Check, checkOptions, reject } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Miner } from "./miner.js";

const acute: Check<number> = (value, argument) =>
  typeof value === "number" && value > 0 && value < Math.PI / 2
    ? value
    : reject(argument, "an angle above 0 and below π/2, in radians", value);

export interface AngularMinerOptions {
  /** Triplets with a greater angle at the negative stay; π/9, which is 20°. Radians. */
  angle?: number | undefined;
}

/**
 * The miner that keeps triplets whose negative sees anchor and positive under too great an angle: arctan(d(a, p) / (2 d(n, c))) > angle, where
 * c = (a + p) / 2. d(n, c) follows from the three sides, ½ d(a, n)² + ½ d(p, n)² − ¼ d(a, p)², so the distances must be Euclidean (the paper's
 * embeddings have length 1).
 *
 * Wang et al., "Deep metric learning with angular loss", ICCV 2017, section 3.2.
 * @throws {InvalidArgumentError} when `angle` is not an angle above 0 and below π/2
 */
export function angularMiner(options: AngularMinerOptions = {}): Miner {
  checkOptions("angularMiner", options, { angle: acute });
  const { angle = Math.PI / 9 } = options;
  const factor = 4 * Math.tan(angle) ** 2;
  return {
    name: `angularMiner(${angle})`,
    needsAcross: true,
    pairs: (_, masks) => masks,
    triplets(_, allowed, { toPositives, toNegatives, across }) {
      const toPositive = tf.mul(toPositives, toPositives);
      const bothToNegative = tf.add(tf.mul(toNegatives, toNegatives), tf.mul(across!, across!));
      const toCentre = tf.sub(tf.mul(0.5, bothToNegative), tf.mul(0.25, toPositive)); // squared
      return tf.mul(allowed, tf.cast(tf.greater(toPositive, tf.mul(factor, toCentre)), "float32"));
    },
  };
}
