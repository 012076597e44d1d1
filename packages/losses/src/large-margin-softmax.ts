import { fraction, positiveFiniteNumber, positiveInteger } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { type ClassPrototypes, classPrototypes } from "./class-prototypes.js";
import { classMask, classSoftmax } from "./class-softmax.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineClassLoss } from "./define-class-loss.js";
import { multipliedAngle } from "./multiplied-angle.js";
import { rowLengths } from "./row-lengths.js";

/**
 * Large-margin softmax (L-Softmax): a linear classifier in which the angle to the own class counts `margin` times.
 * Logits: scale · |w_j| |x| cos θ_j, and scale · |w_y| |x| ψ(θ_y) for the own class y, with ψ(θ) = (−1)^k cos(margin · θ) − 2k for θ from kπ/margin
 * to (k + 1)π/margin; cross entropy. `margin` 1 is the ordinary softmax.
 * `margin` (4, a whole number), `scale` (1), `labelSmoothing` (0). Learns `prototypes [classes, dim]` (w), one set per label space.
 * Use it for a classifier whose classes should lie compact; where only angles matter, `arcFace` or `cosFace` serve better.
 *
 * Liu et al., "Large-margin softmax loss for convolutional neural networks", ICML 2016, eq. 4 and 6.
 * @throws {InvalidArgumentError} when `margin` is not a whole number of 1 or more, `scale` not a finite number above 0 or `labelSmoothing` not from 0 to 1
 */
export const largeMarginSoftmax = defineClassLoss<{ margin: number; scale: number; labelSmoothing: number }, ClassPrototypes>({
  name: "largeMarginSoftmax",
  defaults: { margin: 4, scale: 1, labelSmoothing: 0 },
  check: { margin: positiveInteger, scale: positiveFiniteNumber, labelSmoothing: fraction },
  parameters: classPrototypes,
  compute({ embeddings, classes }, { margin, scale, labelSmoothing }, { prototypes }) {
    const weights = prototypes as tf.Tensor2D;
    const cosines = cosineSimilarities(embeddings, weights); // [batch, classes]
    const target = classMask(classes, cosines.shape[1]);
    const own = tf.sum<tf.Tensor2D>(tf.mul(target, cosines), 1, true); // [batch, 1]
    const angled = tf.add(cosines, tf.mul(target, tf.sub(multipliedAngle(own, margin), own)));
    const lengths = tf.mul(rowLengths(embeddings), tf.transpose(rowLengths(weights)));
    const logits: tf.Tensor2D = tf.mul(angled, tf.mul(scale, lengths));
    return classSoftmax(logits, target, labelSmoothing);
  },
});
