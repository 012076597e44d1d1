import { fraction, positiveFiniteNumber, positiveInteger } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { type ClassPrototypes, classPrototypes } from "./class-prototypes.js";
import { classMask, classSoftmax } from "./class-softmax.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineClassLoss } from "./define-class-loss.js";
import { multipliedAngle } from "./multiplied-angle.js";
import { rowLengths } from "./row-lengths.js";

/**
 * SphereFace (A-Softmax): a softmax over angles in which the angle to the own class counts `margin` times.
 * Logits: scale · |x| cos θ_j, and scale · |x| ψ(θ_y) for the own class y, with ψ(θ) = (−1)^k cos(margin · θ) − 2k for θ from kπ/margin to
 * (k + 1)π/margin; cross entropy. Only the embeddings' lengths count, not the prototypes'.
 * `margin` (4, a whole number), `scale` (1; embeddings of length 1 want 10 to 64), `labelSmoothing` (0). Learns `prototypes [classes, dim]`, one set
 * per label space.
 * Use it where results must compare with SphereFace; `arcFace` trains more easily.
 *
 * Liu et al., "SphereFace: deep hypersphere embedding for face recognition", CVPR 2017.
 * @throws {InvalidArgumentError} when `margin` is not a whole number of 1 or more, `scale` not a finite number above 0 or `labelSmoothing` not from 0 to 1
 */
export const sphereFace = defineClassLoss<{ margin: number; scale: number; labelSmoothing: number }, ClassPrototypes>({
  name: "sphereFace",
  defaults: { margin: 4, scale: 1, labelSmoothing: 0 },
  check: { margin: positiveInteger, scale: positiveFiniteNumber, labelSmoothing: fraction },
  parameters: classPrototypes,
  compute({ embeddings, classes }, { margin, scale, labelSmoothing }, { prototypes }) {
    const cosines = cosineSimilarities(embeddings, prototypes as tf.Tensor2D); // [batch, classes]
    const target = classMask(classes, cosines.shape[1]);
    const own = tf.sum<tf.Tensor2D>(tf.mul(target, cosines), 1, true); // [batch, 1]
    const angled = tf.add(cosines, tf.mul(target, tf.sub(multipliedAngle(own, margin), own)));
    const logits: tf.Tensor2D = tf.mul(angled, tf.mul(scale, rowLengths(embeddings)));
    return classSoftmax(logits, target, labelSmoothing);
  },
});
