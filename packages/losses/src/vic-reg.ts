import { nonNegativeNumber, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { defineViewLoss } from "./define-view-loss.js";
import { identityMask } from "./identity-mask.js";
import { meanOfPairs } from "./mean-of-pairs.js";
import { partsReducer, sumOfParts } from "./sum-of-parts.js";

/**
 * VICReg: views of one record are equal, each dimension varies over the batch, no two dimensions say the same.
 * invariance · mean (z − z′)² + variance · ½ (v(z) + v(z′)) + covariance · (c(z) + c(z′)) for views z and z′, with v = mean_k max(0, 1 − √(Var z_k + ε))
 * and c = Σ_{k ≠ l} Cov(z_k, z_l)² / dim. The mean and the ½ are the authors' code's; the paper's eq. 5 has a sum over dimensions, its eq. 6 no ½. Of
 * more than two views: the mean over each two.
 * `invariance` λ (25), `variance` μ (25), `covariance` ν (1), `epsilon` ε (1e-4). The three are logged apart. Needs whole batches, and embeddings that
 * are not scaled to length 1 (`fit({ normalize: false })`): their variance would be far below 1.
 * Use it to train without labels or negatives, in batches of some hundred.
 *
 * Bardes, Ponce & LeCun, "VICReg: variance-invariance-covariance regularization for self-supervised learning", ICLR 2022, eq. 6.
 * @throws {InvalidArgumentError} when a weight is below 0 or `epsilon` not a finite number above 0
 */
export const vicReg = defineViewLoss({
  name: "vicReg",
  defaults: { invariance: 25, variance: 25, covariance: 1, epsilon: 1e-4 },
  check: { invariance: nonNegativeNumber, variance: nonNegativeNumber, covariance: nonNegativeNumber, epsilon: positiveFiniteNumber },
  wholeBatch: true,
  reducer: partsReducer,
  compute({ views }, { invariance, variance, covariance, epsilon }) {
    const [batch, dim] = views[0]!.shape;
    const spread = views.map((view) => {
      const centered = tf.sub<tf.Tensor2D>(view, tf.mean(view, 0, true));
      const covariances = tf.div<tf.Tensor2D>(tf.matMul(centered, centered, true), Math.max(batch - 1, 1)); // [dim, dim]
      const deviations = tf.sqrt(tf.add(tf.div(tf.sum(tf.mul(centered, centered), 0), Math.max(batch - 1, 1)), epsilon)); // [dim]
      const between = tf.mul(tf.sub(1, identityMask(dim)), covariances);
      return {
        narrow: tf.mean<tf.Scalar>(tf.relu(tf.sub(1, deviations))),
        shared: tf.div<tf.Scalar>(tf.sum(tf.mul(between, between)), dim),
      };
    });
    const apart = meanOfPairs(views, (a, b) => tf.mean<tf.Scalar>(tf.squaredDifference(a, b)));
    const overViews = (weight: number, of: (one: (typeof spread)[0]) => tf.Scalar) =>
      tf.mul<tf.Scalar>(weight / views.length, tf.addN(spread.map(of)));
    const part = (total: tf.Scalar) => [{ total, count: tf.scalar(1) }];
    return sumOfParts({
      invariance: part(tf.mul(invariance, apart)),
      variance: part(overViews(variance, ({ narrow }) => narrow)),
      covariance: part(overViews(2 * covariance, ({ shared }) => shared)),
    });
  },
});
