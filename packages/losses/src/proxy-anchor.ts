import { nonNegativeNumber, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { type ClassPrototypes, classPrototypes } from "./class-prototypes.js";
import { classMask } from "./class-softmax.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineClassLoss } from "./define-class-loss.js";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";
import { meanOfKinds } from "./mean-of-kinds.js";

/**
 * Proxy anchor: each class's learned proxy pulls its samples, the least similar most, and pushes all others, the most similar most.
 * The mean over proxies with a sample in the batch of log(1 + Σ_{x of the class} exp(−scale (s − margin))), plus the mean over all proxies of
 * log(1 + Σ_{x of other classes} exp(scale (s + margin))), s = cosine. Rows without a class take no part.
 * `scale` α (32), `margin` δ (0.1). Learns `prototypes [classes, dim]`, one set per label space. Needs whole batches: it is a sum over proxies.
 * Use it for classes when batches are small: the proxies stand for the samples that a batch does not hold.
 *
 * Kim et al., "Proxy anchor loss for deep metric learning", CVPR 2020, eq. 4.
 * @throws {InvalidArgumentError} when `scale` is not a finite number above 0 or `margin` is below 0
 */
export const proxyAnchor = defineClassLoss<{ scale: number; margin: number }, ClassPrototypes>({
  name: "proxyAnchor",
  defaults: { scale: 32, margin: 0.1 },
  check: { scale: positiveFiniteNumber, margin: nonNegativeNumber },
  wholeBatch: true,
  reducer: meanOfKinds(),
  parameters: classPrototypes,
  compute({ embeddings, classes, weights }, { scale, margin }, { prototypes }) {
    const s = cosineSimilarities(embeddings, prototypes as tf.Tensor2D); // [batch, classes]
    const target = classMask(classes, s.shape[1]);
    const rows = tf.mul(tf.sum(target, 1, true), weights ? tf.expandDims(weights, 1) : 1); // [batch, 1]
    const pull = maskedLogSumExp(tf.mul(-scale, tf.sub(s, margin)), tf.mul(rows, target), 0); // [1, classes]
    const push = maskedLogSumExp(tf.mul(scale, tf.add(s, margin)), tf.mul(rows, tf.sub(1, target)), 0);
    const present = tf.cast(tf.greater(tf.sum(tf.mul(rows, target), 0, true), 0), "float32");
    return {
      terms: tf.transpose(tf.softplus(tf.concat([pull, push], 0))), // [classes, kinds]
      counted: tf.transpose(tf.concat([present, tf.ones(present.shape)], 0)),
      kinds: [tf.tensor2d([[1, 0]]), tf.tensor2d([[0, 1]])],
    };
  },
});
