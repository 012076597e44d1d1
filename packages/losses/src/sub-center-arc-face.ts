import { fraction, positiveFiniteNumber, positiveInteger } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { addedAngle } from "./added-angle.js";
import { angleOption } from "./angle-option.js";
import { type ClassPrototypes, classCenters } from "./class-prototypes.js";
import { classMask, classSoftmax } from "./class-softmax.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineClassLoss } from "./define-class-loss.js";
import { detach } from "./detach.js";

/**
 * Sub-center ArcFace: ArcFace with several learned centers for each class, of which a sample needs to be near one only.
 * cos θ_j = max_k cos(x, w_jk); logits: scale · cos θ_j, and scale · cos(θ_y + margin) for the own class y; cross entropy.
 * `centers` (3), `scale` (64), `margin` (0.5, radians), `labelSmoothing` (0). Learns `prototypes [classes · centers, dim]`, class after class, one
 * set per label space.
 * Use it when labels are noisy or classes have several faces: the odd samples gather around a center of their own.
 *
 * Deng et al., "Sub-center ArcFace: boosting face recognition by large-scale noisy web faces", ECCV 2020, section 3.2.
 * @throws {InvalidArgumentError} when `centers` is not a whole number of 1 or more, `scale` not a finite number above 0, `margin` not an angle from
 * 0 to π/2 or `labelSmoothing` not from 0 to 1
 */
export const subCenterArcFace = defineClassLoss<
  { centers: number; scale: number; margin: number; labelSmoothing: number },
  ClassPrototypes
>({
  name: "subCenterArcFace",
  defaults: { centers: 3, scale: 64, margin: 0.5, labelSmoothing: 0 },
  check: { centers: positiveInteger, scale: positiveFiniteNumber, margin: angleOption(Math.PI / 2, "π/2"), labelSmoothing: fraction },
  parameters: classCenters,
  compute({ embeddings, classes }, { centers, scale, margin, labelSmoothing }, { prototypes }) {
    const toCenters = cosineSimilarities(embeddings, prototypes as tf.Tensor2D); // [batch, classes · centers]
    const byClass: tf.Tensor3D = tf.reshape(toCenters, [toCenters.shape[0], -1, centers]);
    const fixed = detach(byClass);
    const nearest = tf.cast(tf.equal(fixed, tf.max(fixed, 2, true)), "float32"); // several where they tie
    const cosines = tf.div<tf.Tensor2D>(tf.sum(tf.mul(nearest, byClass), 2), tf.sum(nearest, 2)); // [batch, classes]
    const target = classMask(classes, cosines.shape[1]);
    const own = tf.sum<tf.Tensor2D>(tf.mul(target, cosines), 1, true); // [batch, 1]
    const logits: tf.Tensor2D = tf.mul(scale, tf.add(cosines, tf.mul(target, tf.sub(addedAngle(own, margin), own))));
    return classSoftmax(logits, target, labelSmoothing);
  },
});
