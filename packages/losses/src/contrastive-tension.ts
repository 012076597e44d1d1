import { positiveFiniteNumber } from "@quaterion/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineViewLoss } from "./define-view-loss.js";
import { identityMask } from "./identity-mask.js";
import { meanOfPairs } from "./mean-of-pairs.js";
import { pairSoftmax } from "./pair-softmax.js";

/**
 * Contrastive tension in batch: a record's two views must find each other among the views of the whole batch, in both directions, at a scale that is
 * learned.
 * ½ (−log softmax over j of exp(scale) s_ij at j = i, and the same over the other view's rows), s_ij the cosine of view a of record i and view b of
 * record j; the mean over records, and over each two views. The paper has two encoders and judges pairs one by one; this is its in-batch form, as
 * sentence-transformers has it.
 * `scale` (20): where it begins. Learns `logScale [1]`. Needs whole batches.
 * Use it to train without labels on views that differ by dropout or by the encoder that made them.
 *
 * Carlsson et al., "Semantic re-tuning with contrastive tension", ICLR 2021.
 * @throws {InvalidArgumentError} when `scale` is not a finite number above 0
 */
export const contrastiveTension = defineViewLoss<{ scale: number }, { logScale: Tensor }>({
  name: "contrastiveTension",
  defaults: { scale: 20 },
  check: { scale: positiveFiniteNumber },
  wholeBatch: true,
  parameters: (_, __, { scale }) => ({ logScale: { shape: [1], values: Float32Array.of(Math.log(scale)) } }),
  compute({ views }, _, { logScale }) {
    const scale = tf.exp(logScale);
    const same = identityMask(views[0]!.shape[0]);
    const others = tf.sub<tf.Tensor2D>(1, same);
    return {
      terms: meanOfPairs(views, (a, b) => {
        const logits = tf.mul<tf.Tensor2D>(cosineSimilarities(a, b), scale); // [batch, batch]
        const both = tf.add(pairSoftmax(logits, others, 1), pairSoftmax(logits, others, 0));
        return tf.mul<tf.Tensor1D>(0.5, tf.sum(tf.mul(same, both), 1));
      }),
    };
  },
});
