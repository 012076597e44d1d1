import { nonNegativeNumber, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { type ClassPrototypes, classPrototypes } from "./class-prototypes.js";
import { classMask, classSoftmax } from "./class-softmax.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineClassLoss } from "./define-class-loss.js";

/**
 * CosFace: a softmax over cosines to one learned prototype per class, in which the own class must win by `margin`.
 * Logits: scale · cos θ_j, and scale · (cos θ_y − margin) for the own class y; cross entropy.
 * `scale` (64), `margin` (0.35). Learns `prototypes [classes, dim]`, one set per label space.
 *
 * Wang et al., "CosFace: large margin cosine loss for deep face recognition", CVPR 2018, eq. 4.
 * @throws {InvalidArgumentError} when `scale` is not a finite number above 0 or `margin` is below 0
 */
export const cosFace = defineClassLoss<{ scale: number; margin: number }, ClassPrototypes>({
  name: "cosFace",
  defaults: { scale: 64, margin: 0.35 },
  check: { scale: positiveFiniteNumber, margin: nonNegativeNumber },
  parameters: classPrototypes,
  compute({ embeddings, classes }, { scale, margin }, { prototypes }) {
    const cosines = cosineSimilarities(embeddings, prototypes as tf.Tensor2D); // [batch, classes]
    const target = classMask(classes, cosines.shape[1]);
    return classSoftmax(tf.mul(scale, tf.sub(cosines, tf.mul(margin, target))), target);
  },
});
