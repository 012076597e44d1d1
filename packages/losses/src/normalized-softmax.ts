import { fraction, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { type ClassPrototypes, classPrototypes } from "./class-prototypes.js";
import { classMask, classSoftmax } from "./class-softmax.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineClassLoss } from "./define-class-loss.js";

/**
 * Normalised softmax: classification by the cosine to one learned prototype per class.
 * Logits: cos θ_j / temperature; cross entropy. `temperature` (0.05), `labelSmoothing` (0). Learns `prototypes [classes, dim]`, one set per label space.
 * Use it for classes when you want the simplest loss that works.
 *
 * Zhai & Wu, "Classification is a strong baseline for deep metric learning", BMVC 2019, eq. 3.
 * @throws {InvalidArgumentError} when `temperature` is not a finite number above 0 or `labelSmoothing` not from 0 to 1
 */
export const normalizedSoftmax = defineClassLoss<{ temperature: number; labelSmoothing: number }, ClassPrototypes>({
  name: "normalizedSoftmax",
  defaults: { temperature: 0.05, labelSmoothing: 0 },
  check: { temperature: positiveFiniteNumber, labelSmoothing: fraction },
  parameters: classPrototypes,
  compute({ embeddings, classes }, { temperature, labelSmoothing }, { prototypes }) {
    const cosines = cosineSimilarities(embeddings, prototypes as tf.Tensor2D); // [batch, classes]
    return classSoftmax(tf.div(cosines, temperature), classMask(classes, cosines.shape[1]), labelSmoothing);
  },
});
