import { fraction, nonNegativeNumber, positiveFiniteNumber, positiveInteger } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { type ClassPrototypes, classCenters } from "./class-prototypes.js";
import { classMask, classSoftmax } from "./class-softmax.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineClassLoss } from "./define-class-loss.js";

/**
 * SoftTriple: a softmax over classes of several learned centers each, which a sample is similar to by their soft maximum.
 * S_j = Σ_k softmax_k(cos(x, w_jk) / gamma) · cos(x, w_jk); logits: scale · S_j, and scale · (S_y − margin) for the own class y; cross entropy.
 * `centers` (10), `scale` λ (20), `gamma` γ (0.1: lower looks at the nearest center alone), `margin` δ (0.01), `labelSmoothing` (0). Learns
 * `prototypes [classes · centers, dim]`, class after class, one set per label space.
 * Use it when classes have several modes; with `regularized` and `sparseCenters` it also finds how many.
 *
 * Qian et al., "SoftTriple loss: deep metric learning without triplet sampling", ICCV 2019, section 3.2.
 * @throws {InvalidArgumentError} when `centers` is not a whole number of 1 or more, `scale` or `gamma` not a finite number above 0, `margin` below 0
 * or `labelSmoothing` not from 0 to 1
 */
export const softTriple = defineClassLoss<
  { centers: number; scale: number; gamma: number; margin: number; labelSmoothing: number },
  ClassPrototypes
>({
  name: "softTriple",
  defaults: { centers: 10, scale: 20, gamma: 0.1, margin: 0.01, labelSmoothing: 0 },
  check: {
    centers: positiveInteger,
    scale: positiveFiniteNumber,
    gamma: positiveFiniteNumber,
    margin: nonNegativeNumber,
    labelSmoothing: fraction,
  },
  parameters: classCenters,
  compute({ embeddings, classes }, { centers, scale, gamma, margin, labelSmoothing }, { prototypes }) {
    const toCenters = cosineSimilarities(embeddings, prototypes as tf.Tensor2D); // [batch, classes · centers]
    const byClass: tf.Tensor3D = tf.reshape(toCenters, [toCenters.shape[0], -1, centers]);
    const similarities = tf.sum<tf.Tensor2D>(tf.mul(tf.softmax(tf.div(byClass, gamma)), byClass), 2); // [batch, classes]
    const target = classMask(classes, similarities.shape[1]);
    return classSoftmax(tf.mul(scale, tf.sub(similarities, tf.mul(margin, target))), target, labelSmoothing);
  },
});
