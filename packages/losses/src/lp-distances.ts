import { type Check, reject } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { distancesInBlocks } from "./distances-in-blocks.js";
import { euclideanDistances } from "./euclidean-distances.js";
import { manhattanDistances } from "./manhattan-distances.js";
import type { PairFunction } from "./pair-function.js";

const exponent: Check<number> = (value, argument) =>
  typeof value === "number" && Number.isFinite(value) && value >= 1 ? value : reject(argument, "a finite number of 1 or more", value);

/**
 * Makes the Lp (Minkowski) distance: (Σ_k |a_k − c_k|^p)^(1/p), `[batch, candidates]`, 0 or more; with gradient 0 where two rows are equal.
 * `lpDistances(1)` is `manhattanDistances` and `lpDistances(2)` is `euclideanDistances`. The sum is taken of the differences' shares of the
 * greatest, so that no power overflows. Memory beyond the result is bounded as for `manhattanDistances`.
 * @param p 1 or more: below 1 it is no distance, and its gradient is infinite
 * @throws {InvalidArgumentError} when `p` is not a finite number of 1 or more
 */
export function lpDistances(p: number): PairFunction {
  exponent(p, "lpDistances.p");
  if (p === 1) return manhattanDistances;
  if (p === 2) return euclideanDistances;
  const distances: PairFunction = (anchors, candidates) =>
    distancesInBlocks(anchors, candidates, {
      lengths(differences) {
        const { greatest, sums } = inShares(differences, p);
        return tf.squeeze(tf.mul(greatest, tf.pow(sums, 1 / p)), [2]);
      },
      slopes(differences) {
        const { shares, sums } = inShares(differences, p);
        return tf.mul(tf.mul(tf.sign(differences), tf.pow(shares, p - 1)), tf.pow(sums, 1 / p - 1));
      },
    });
  // The name that is kept with a model's options.
  return Object.defineProperty(distances, "name", { value: `lpDistances(${p})` });
}

/** The greatest difference of each pair, what each is of it, and the sum of the shares' powers: 1 or more, 1 too where all are 0. */
function inShares(differences: tf.Tensor3D, p: number): { greatest: tf.Tensor3D; shares: tf.Tensor3D; sums: tf.Tensor3D } {
  const sizes = tf.abs(differences);
  const greatest = tf.max<tf.Tensor3D>(sizes, 2, true);
  const equal = tf.cast(tf.equal(greatest, 0), "float32"); // all differences are 0
  const shares = tf.div<tf.Tensor3D>(sizes, tf.add(greatest, equal));
  return { greatest, shares, sums: tf.add(tf.sum(tf.pow(shares, p), 2, true), equal) };
}
