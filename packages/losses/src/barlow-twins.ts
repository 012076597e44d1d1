import { nonNegativeNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineViewLoss } from "./define-view-loss.js";
import { detach } from "./detach.js";
import { identityMask } from "./identity-mask.js";
import { meanOfPairs } from "./mean-of-pairs.js";
import { partsReducer, sumOfParts } from "./sum-of-parts.js";

/** A dimension whose spread is below this share of its size is constant: what is left is rounding error of float32. */
const rounding = 1e-6;

/**
 * Barlow Twins: over the batch, each dimension of one view correlates with itself in the other view, and with no other dimension.
 * Σ_k (1 − C_kk)² + redundancy · Σ_k Σ_{l ≠ k} C_kl², C_kl the correlation over the batch of dimension k of one view and l of the other, `[dim, dim]`;
 * of more than two views, the mean over each two. A dimension that is constant has correlation 0 with gradient 0.
 * `redundancy` λ (0.005). The two are logged apart. Needs whole batches.
 * Use it to train without labels or negatives; it likes many dimensions.
 *
 * Zbontar et al., "Barlow twins: self-supervised learning via redundancy reduction", ICML 2021, eq. 1 and 2.
 * @throws {InvalidArgumentError} when `redundancy` is below 0
 */
export const barlowTwins = defineViewLoss({
  name: "barlowTwins",
  defaults: { redundancy: 0.005 },
  check: { redundancy: nonNegativeNumber },
  wholeBatch: true,
  reducer: partsReducer,
  compute({ views }, { redundancy }) {
    const deviations = views.map(deviationsByDimension);
    const same = identityMask(views[0]!.shape[1]);
    const squares = (a: tf.Tensor2D, b: tf.Tensor2D, mask: tf.Tensor2D, wanted: number) => {
      const off = tf.sub(cosineSimilarities(a, b), wanted);
      return tf.sum<tf.Scalar>(tf.mul(mask, tf.mul(off, off)));
    };
    const invariance = meanOfPairs(deviations, (a, b) => squares(a, b, same, 1));
    const shared = meanOfPairs(deviations, (a, b) => squares(a, b, tf.sub(1, same), 0));
    return sumOfParts({
      invariance: [{ total: invariance, count: tf.scalar(1) }],
      redundancy: [{ total: tf.mul(redundancy, shared), count: tf.scalar(1) }],
    });
  },
});

/** What each dimension's values differ by from their mean, `[dim, batch]`; 0 where it is constant. The correlations are the cosines of these. */
function deviationsByDimension(view: tf.Tensor2D): tf.Tensor2D {
  const byDimension = tf.transpose(view);
  const away = tf.sub<tf.Tensor2D>(byDimension, tf.mean(byDimension, 1, true));
  const [fixed, size] = [detach(away), detach(byDimension)];
  const least = tf.mul(rounding ** 2, tf.sum(tf.mul(size, size), 1, true));
  return tf.mul(away, tf.cast(tf.greater(tf.sum(tf.mul(fixed, fixed), 1, true), least), "float32"));
}
