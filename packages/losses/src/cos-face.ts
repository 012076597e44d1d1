import { fraction, nonNegativeNumber, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { type ClassPrototypes, classPrototypes } from "./class-prototypes.js";
import { classMask, classSoftmax } from "./class-softmax.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineClassLoss } from "./define-class-loss.js";

/**
 * CosFace: a softmax over cosines to one learned prototype per class, in which the own class must win by `margin`.
 * Logits: scale · cos θ_j, and scale · (cos θ_y − margin) for the own class y; cross entropy.
 * `scale` (64), `margin` (0.35), `labelSmoothing` (0). Learns `prototypes [classes, dim]`, one set per label space.
 * Use it as `arcFace`: its pull is gentler at wide angles, so training starts more easily.
 *
 * Wang et al., "CosFace: large margin cosine loss for deep face recognition", CVPR 2018, eq. 4.
 * @throws {InvalidArgumentError} when `scale` is not a finite number above 0, `margin` is below 0 or `labelSmoothing` not from 0 to 1
 */
export const cosFace = defineClassLoss<{ scale: number; margin: number; labelSmoothing: number }, ClassPrototypes>({
  name: "cosFace",
  defaults: { scale: 64, margin: 0.35, labelSmoothing: 0 },
  check: { scale: positiveFiniteNumber, margin: nonNegativeNumber, labelSmoothing: fraction },
  parameters: classPrototypes,
  compute({ embeddings, classes }, { scale, margin, labelSmoothing }, { prototypes }) {
    const cosines = cosineSimilarities(embeddings, prototypes as tf.Tensor2D); // [batch, classes]
    const target = classMask(classes, cosines.shape[1]);
    return classSoftmax(tf.mul(scale, tf.sub(cosines, tf.mul(margin, target))), target, labelSmoothing);
  },
});
