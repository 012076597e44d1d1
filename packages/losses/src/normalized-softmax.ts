import { positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { type ClassPrototypes, classPrototypes } from "./class-prototypes.js";
import { classMask, classSoftmax } from "./class-softmax.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineClassLoss } from "./define-class-loss.js";

/**
 * Normalised softmax: classification by the cosine to one learned prototype per class.
 * Logits: cos θ_j / temperature; cross entropy. `temperature` (0.05). Learns `prototypes [classes, dim]`, one set per label space.
 *
 * Zhai & Wu, "Classification is a strong baseline for deep metric learning", BMVC 2019, eq. 3.
 * @throws {InvalidArgumentError} when `temperature` is not a finite number above 0
 */
export const normalizedSoftmax = defineClassLoss<{ temperature: number }, ClassPrototypes>({
  name: "normalizedSoftmax",
  defaults: { temperature: 0.05 },
  check: { temperature: positiveFiniteNumber },
  parameters: classPrototypes,
  compute({ embeddings, classes }, { temperature }, { prototypes }) {
    const cosines = cosineSimilarities(embeddings, prototypes as tf.Tensor2D); // [batch, classes]
    return classSoftmax(tf.div(cosines, temperature), classMask(classes, cosines.shape[1]));
  },
});
