import { fraction, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { addedAngle } from "./added-angle.js";
import { angleOption } from "./angle-option.js";
import { type ClassPrototypes, classPrototypes } from "./class-prototypes.js";
import { classMask, classSoftmax } from "./class-softmax.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineClassLoss } from "./define-class-loss.js";

/**
 * ArcFace: a softmax over the angles to one learned prototype per class, in which the own class must win by an angle of `margin`.
 * Logits: scale · cos θ_j, and scale · cos(θ_y + margin) for the own class y, where θ is the angle between embedding and prototype; cross entropy.
 * Past θ + m = π, where cos would rise again and reward the wrong way, it goes on as cos θ − m sin m, as the authors' code does.
 * `scale` (64), `margin` (0.5, radians), `labelSmoothing` (0). Learns `prototypes [classes, dim]`, one set per label space.
 * Use it with classes of many samples each, where the embeddings must tell apart classes that training has not seen.
 *
 * Deng et al., "ArcFace: additive angular margin loss for deep face recognition", CVPR 2019, eq. 3.
 * @throws {InvalidArgumentError} when `scale` is not a finite number above 0, `margin` not an angle from 0 to π/2 or `labelSmoothing` not from 0 to 1
 */
export const arcFace = defineClassLoss<{ scale: number; margin: number; labelSmoothing: number }, ClassPrototypes>({
  name: "arcFace",
  defaults: { scale: 64, margin: 0.5, labelSmoothing: 0 },
  check: { scale: positiveFiniteNumber, margin: angleOption(Math.PI / 2, "π/2"), labelSmoothing: fraction },
  parameters: classPrototypes,
  compute({ embeddings, classes }, { scale, margin, labelSmoothing }, { prototypes }) {
    const cosines = cosineSimilarities(embeddings, prototypes as tf.Tensor2D); // [batch, classes]
    const target = classMask(classes, cosines.shape[1]);
    const own = tf.sum<tf.Tensor2D>(tf.mul(target, cosines), 1, true); // [batch, 1]
    const logits: tf.Tensor2D = tf.mul(scale, tf.add(cosines, tf.mul(target, tf.sub(addedAngle(own, margin), own))));
    return classSoftmax(logits, target, labelSmoothing);
  },
});
