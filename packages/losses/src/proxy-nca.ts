import { oneOfFew, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { type ClassPrototypes, classPrototypes } from "./class-prototypes.js";
import { classMask } from "./class-softmax.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineClassLoss } from "./define-class-loss.js";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";

/**
 * Proxy NCA: each sample must be nearer to its class's learned proxy than to the others.
 * −log( exp(−d_y / temperature) / Σ_z exp(−d_z / temperature) ), d = squared distance of the vectors scaled to length 1. z goes over all proxies
 * (ProxyNCA++, as most libraries) or over the `others` alone (the first paper; the loss can then fall below 0).
 * `temperature` (1; ProxyNCA++ has 1/9), `against` (`"all"`). Learns `prototypes [classes, dim]`, one set per label space.
 * Use it for classes in small batches, when `proxyAnchor` is too eager.
 *
 * Movshovitz-Attias et al., "No fuss distance metric learning using proxies", ICCV 2017, section 3.2; Teh, DeVries & Taylor, "ProxyNCA++: revisiting and
 * revitalizing proxy neighborhood component analysis", ECCV 2020, section 3.
 * @throws {InvalidArgumentError} when `temperature` is not a finite number above 0 or `against` not one of its two words
 */
export const proxyNCA = defineClassLoss<{ temperature: number; against: "all" | "others" }, ClassPrototypes>({
  name: "proxyNCA",
  defaults: { temperature: 1, against: "all" },
  check: { temperature: positiveFiniteNumber, against: oneOfFew(["all", "others"]) },
  parameters: classPrototypes,
  compute({ embeddings, classes }, { temperature, against }, { prototypes }) {
    // −d = 2 cos − 2, and the 2 falls out of the ratio.
    const logits: tf.Tensor2D = tf.mul(2 / temperature, cosineSimilarities(embeddings, prototypes as tf.Tensor2D)); // [batch, classes]
    const target = classMask(classes, logits.shape[1]);
    const row = tf.sum(target, 1);
    const rivals: tf.Tensor2D = against === "all" ? tf.ones(logits.shape) : tf.sub(1, target);
    // A class that is alone in its space has no others: nothing to tell it from.
    const counted = tf.mul(row, tf.minimum(tf.sum(rivals, 1), 1));
    const terms = tf.sub(tf.squeeze(maskedLogSumExp(logits, rivals), [1]), tf.sum(tf.mul(target, logits), 1));
    return { terms: tf.mul(counted, terms), counted };
  },
});
