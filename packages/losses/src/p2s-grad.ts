import * as tf from "@tensorflow/tfjs-core";
import { type ClassPrototypes, classPrototypes } from "./class-prototypes.js";
import { classMask } from "./class-softmax.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineClassLoss } from "./define-class-loss.js";

/**
 * P2SGrad: pulls the cosine to the own class's prototype to 1 and all others to 0, with nothing to tune.
 * ½ Σ_j (cos θ_j − [j = y])², the mean over rows. The paper gives the gradient, Σ_j (cos θ_j − [j = y]) ∂cos θ_j; this is the loss that has it.
 * pytorch-metric-learning's loss is 2 / classes times this.
 * Learns `prototypes [classes, dim]`, one set per label space.
 * Use it where scale and margin of the softmax losses can't be tuned.
 *
 * Zhang et al., "P2SGrad: refined gradients for optimizing deep face models", CVPR 2019, eq. 11.
 */
export const p2sGrad = defineClassLoss<Record<never, never>, ClassPrototypes>({
  name: "p2sGrad",
  defaults: {},
  check: {},
  parameters: classPrototypes,
  compute({ embeddings, classes }, _, { prototypes }) {
    const cosines = cosineSimilarities(embeddings, prototypes as tf.Tensor2D); // [batch, classes]
    const target = classMask(classes, cosines.shape[1]);
    const counted = tf.sum(target, 1);
    const error = tf.sub(cosines, target);
    return { terms: tf.mul(counted, tf.mul(0.5, tf.sum(tf.mul(error, error), 1))), counted };
  },
});
