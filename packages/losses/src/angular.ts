import { boolean } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { angleOption } from "./angle-option.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { detach } from "./detach.js";
import { unitVectors } from "./unit-vectors.js";

/**
 * Angular loss: in the triangle of a similar pair and a dissimilar sample, the angle at the dissimilar sample shall be at most `angle`.
 * Over similar pairs (a, p), with the samples n that are dissimilar to a: the mean of log(1 + Σ_n exp(4 tan²(angle) (a + p)·n − 2 (1 + tan²(angle))
 * a·p)), on vectors of length 1. A pair without such an n takes no part.
 * `angle` α (40°, as 40 π / 180; from 0 to π/3; the paper tries 36° to 55°), `normalize` (true; false takes the vectors as they are: for such as have
 * length 1 already, or nearly). Quadratic in memory; its cubic part is one matrix product.
 * Use it beside a softmax loss (the paper: n-pairs) when classes differ much in breadth: an angle does not change with scale.
 *
 * Wang et al., "Deep metric learning with angular loss", ICCV 2017, eq. 8.
 * @throws {InvalidArgumentError} when `angle` is not from 0 to π/3
 */
export const angular = defineRelationLoss({
  name: "angular",
  defaults: { angle: (40 * Math.PI) / 180, normalize: true },
  // Up to here the sums below stay within float32, however far the nearest n of a is from that of p.
  check: { angle: angleOption(Math.PI / 3, "π/3"), normalize: boolean },
  compute(batch, { angle, normalize }) {
    const { similar, dissimilar } = batch;
    const prepared = (rows: tf.Tensor2D) => (normalize ? unitVectors(rows) : rows);
    const anchors = prepared(batch.anchors);
    const candidates = batch.candidates === batch.anchors ? anchors : prepared(batch.candidates);
    const squaredTangent = Math.tan(angle) ** 2;
    const s: tf.Tensor2D = tf.matMul(anchors, candidates, false, true); // [batch, candidates]
    const ofAnchors = exponentials(s, dissimilar, 4 * squaredTangent);
    const asNegatives: tf.Tensor2D = tf.max<tf.Tensor2D>(dissimilar, 0, true); // [1, candidates]
    const ofCandidates = exponentials(
      candidates === anchors ? s : tf.matMul(candidates, candidates, false, true),
      asNegatives,
      4 * squaredTangent,
    );
    // Σ_n exp(4 tan² a·n) exp(4 tan² p·n) over the n of each anchor, without the greatest of both factors.
    const sum = tf.matMul(ofAnchors.terms, ofCandidates.terms, false, true); // [batch, candidates]
    const some = tf.minimum(tf.sum(dissimilar, 1, true), 1); // [batch, 1]
    const counted = tf.mul(similar, some);
    const greatest = tf.add(ofAnchors.greatest, tf.reshape(ofCandidates.greatest, [1, -1]));
    // The floor is for vectors that are far longer than 1 and not normalized: it keeps the logarithm finite.
    const logarithm = tf.add(tf.log(tf.maximum(tf.add(tf.mul(some, sum), tf.sub(1, some)), 1e-37)), greatest);
    return { terms: tf.softplus(tf.sub(logarithm, tf.mul(2 * (1 + squaredTangent), s))), counted };
  },
});

/** mask · exp(scale · s − the row's greatest), and that greatest as a constant, `[rows, 1]`; −1e9 · scale where the mask lets nothing through. A mask of one row holds for all. */
function exponentials(s: tf.Tensor2D, mask: tf.Tensor2D, scale: number): { terms: tf.Tensor2D; greatest: tf.Tensor2D } {
  const lowered = tf.minimum(detach(s), tf.sub(tf.mul(mask, 1e38), 1e9)); // nowhere above −1e9 where the mask is 0
  const greatest: tf.Tensor2D = tf.mul(scale, tf.max<tf.Tensor2D>(lowered, 1, true));
  const exponent = tf.sub(tf.mul(scale, s), greatest);
  return { terms: tf.mul(mask, tf.exp(tf.minimum(exponent, 0))), greatest };
}
