import { positiveFiniteNumber } from "@quaterion/core";
import { type ClassPrototypes, classMask, classPrototypes, classSoftmax, cosineSimilarities, defineClassLoss } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";

/**
 * My loss: classification by the cosine to one learned prototype per class.
 * Logits: scale · cos θ_j; cross entropy.
 * `scale` (20). Learns `prototypes [classes, dim]`, one set per label space.
 * Use it as a start for a loss of your own.
 */
export const myLoss = defineClassLoss<{ scale: number }, ClassPrototypes>({
  name: "myLoss",
  defaults: { scale: 20 },
  check: { scale: positiveFiniteNumber },
  parameters: classPrototypes,
  compute({ embeddings, classes }, { scale }, { prototypes }) {
    const logits: tf.Tensor2D = tf.mul(scale, cosineSimilarities(embeddings, prototypes as tf.Tensor2D)); // [batch, classes]
    return classSoftmax(logits, classMask(classes, prototypes.shape[0] as number));
  },
});
