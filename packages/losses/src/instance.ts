import { fraction, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { type ClassPrototypes, classPrototypes } from "./class-prototypes.js";
import { classMask, classSoftmax } from "./class-softmax.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineClassLoss } from "./define-class-loss.js";

/**
 * Instance loss: every record is a class of its own, and all that belongs to it (picture and text, views) must be told from all other records by one
 * shared classifier.
 * Logits: scale · cos(x, w_j), w_j the learned vector of record j; cross entropy. It is `normalizedSoftmax` in a scale instead of a temperature.
 * Give each record its own label.
 * `scale` γ (64), `labelSmoothing` (0). Learns `prototypes [records, dim]`, one set per label space.
 * Use it for up to some ten thousand records of several parts each, before or beside a loss on pairs.
 *
 * Zheng et al., "Dual-path convolutional image-text embeddings with instance loss", ACM TOMM 2020, section 4.1.
 * @throws {InvalidArgumentError} when `scale` is not a finite number above 0 or `labelSmoothing` not from 0 to 1
 */
export const instance = defineClassLoss<{ scale: number; labelSmoothing: number }, ClassPrototypes>({
  name: "instance",
  defaults: { scale: 64, labelSmoothing: 0 },
  check: { scale: positiveFiniteNumber, labelSmoothing: fraction },
  parameters: classPrototypes,
  compute({ embeddings, classes }, { scale, labelSmoothing }, { prototypes }) {
    const cosines = cosineSimilarities(embeddings, prototypes as tf.Tensor2D); // [batch, records]
    return classSoftmax(tf.mul(scale, cosines), classMask(classes, cosines.shape[1]), labelSmoothing);
  },
});
