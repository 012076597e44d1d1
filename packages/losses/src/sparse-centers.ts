import { type Check, InvalidArgumentError, reject } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { detach } from "./detach.js";
import { identityMask } from "./identity-mask.js";
import { defineRegularizer } from "./regularizer.js";
import { unitVectors } from "./unit-vectors.js";

/** A squared distance of unit vectors below this is rounding error of float32. */
const rounding = 1e-6;

const severalCenters: Check<number> = (value, argument) =>
  Number.isSafeInteger(value) && (value as number) >= 2 ? (value as number) : reject(argument, "a whole number of 2 or more", value);

/**
 * Sparse centers: draws the centers of one class together until those that are not needed coincide.
 * Σ over classes and pairs of their centers t < s of √(2 − 2 cos(w_t, w_s)) / (classes · centers · (centers − 1)).
 * `centers` (10): as many as the loss has. Centers nearer than a thousandth have distance 0 with gradient 0.
 * Use it on the class vectors of `softTriple` or `subCenterArcFace`, when nobody knows how many centers a class needs.
 *
 * Qian et al., "SoftTriple loss: deep metric learning without triplet sampling", ICCV 2019, section 3.3.
 * @throws {InvalidArgumentError} when `centers` is not a whole number of 2 or more, or (in a step) does not divide the number of class vectors
 */
export const sparseCenters = defineRegularizer({
  name: "sparseCenters",
  defaults: { centers: 10 },
  check: { centers: severalCenters },
  parametersOnly: true,
  compute({ rows }, { centers }) {
    const [count, dim] = rows.shape;
    if (count % centers !== 0) {
      throw new InvalidArgumentError(
        `\`sparseCenters.centers\` must be the number of centers of each class in the loss; received ${centers}, and ${count} class vectors.`,
      );
    }
    const units: tf.Tensor3D = tf.reshape(unitVectors(rows), [count / centers, centers, dim]);
    const squared: tf.Tensor3D = tf.sub(2, tf.mul(2, tf.matMul(units, units, false, true))); // [classes, centers, centers]
    const others = tf.sub(1, identityMask(centers));
    const apart = tf.mul(others, tf.cast(tf.greater(detach(squared), rounding), "float32"));
    // The root is taken of 1 where two centers are equal, so that its gradient stays finite there.
    const distances = tf.mul(apart, tf.sqrt(tf.add(tf.mul(squared, apart), tf.sub(1, apart))));
    return [{ total: tf.mul(0.5, tf.sum(distances)), count: tf.scalar(count * (centers - 1)) }];
  },
});
