import { boolean } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { type ClassPrototypes, classPrototypes } from "./class-prototypes.js";
import { classMask } from "./class-softmax.js";
import { defineClassLoss } from "./define-class-loss.js";
import { unitVectors } from "./unit-vectors.js";

/**
 * Center loss: pulls each sample to the learned center of its class.
 * ½ |x − c_y|², the mean over rows. The paper sums over the batch and moves the centers by a rule of its own; here the optimizer moves them.
 * Alone it is least when all lies in one point, so it goes beside a loss that tells classes apart:
 * `weightedSum({ classes: softmax(), compact: [0.01, center()] })`.
 * `normalize` (false): x is scaled to length 1 first. Learns `prototypes [classes, dim]` (c), one set per label space.
 * Use it to make the classes of a `softmax` compact.
 *
 * Wen et al., "A discriminative feature learning approach for deep face recognition", ECCV 2016, eq. 2.
 * @throws {InvalidArgumentError} when `normalize` is not true or false
 */
export const center = defineClassLoss<{ normalize: boolean }, ClassPrototypes>({
  name: "center",
  defaults: { normalize: false },
  check: { normalize: boolean },
  parameters: classPrototypes,
  compute({ embeddings, classes }, { normalize }, { prototypes }) {
    const centers = prototypes as tf.Tensor2D;
    const target = classMask(classes, centers.shape[0]);
    const counted = tf.sum(target, 1);
    const away = tf.sub(normalize ? unitVectors(embeddings) : embeddings, tf.matMul(target, centers)); // [batch, dim]
    return { terms: tf.mul(counted, tf.mul(0.5, tf.sum(tf.mul(away, away), 1))), counted };
  },
});
