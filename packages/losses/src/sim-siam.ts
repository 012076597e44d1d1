import { boolean, optional, positiveInteger } from "@quaterion/core";
import type { LossParameters } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { defineViewLoss } from "./define-view-loss.js";
import { detach } from "./detach.js";
import { unitVectors } from "./unit-vectors.js";

/** Keeps the batch normalisation of a constant finite, as PyTorch's. */
const epsilon = 1e-5;

/**
 * SimSiam: from each view of a record, a small learned predictor guesses the others, which are held fixed.
 * The mean over each two views a ≠ b of −cos(h(z_a), z_b), z_b a constant; from −1 to 1. h: dim → `hidden` with batch normalisation and ReLU → dim.
 * `hidden` (a quarter of dim), `batchNormalization` (true; false lets it go in blocks of records). Learns `hiddenKernel [dim, hidden]`,
 * `hiddenScale [hidden]` (with batch normalisation), `hiddenShift [hidden]`, `outputKernel [hidden, dim]`, `outputShift [dim]`.
 * Use it to train without labels or negatives, in batches of any size; give the predictor the learning rate of the head.
 *
 * Chen & He, "Exploring simple siamese representation learning", CVPR 2021, eq. 4.
 * @throws {InvalidArgumentError} when `hidden` is not a whole number of 1 or more or `batchNormalization` not true or false
 */
export const simSiam = defineViewLoss<{ hidden: number | undefined; batchNormalization: boolean }, LossParameters>({
  name: "simSiam",
  defaults: { hidden: undefined, batchNormalization: true },
  check: { hidden: optional(positiveInteger), batchNormalization: boolean },
  wholeBatch: ({ batchNormalization }) => batchNormalization,
  parameters({ dim }, random, { hidden = Math.max(1, Math.round(dim / 4)), batchNormalization }) {
    const kernel = (from: number, to: number, gain: number) => ({
      shape: [from, to],
      values: Float32Array.from({ length: from * to }, () => (random.normal() * gain) / Math.sqrt(from)),
    });
    return {
      hiddenKernel: kernel(dim, hidden, Math.SQRT2), // He et al. 2015: keeps the size of values through a ReLU
      ...(batchNormalization && { hiddenScale: { shape: [hidden], values: new Float32Array(hidden).fill(1) } }),
      hiddenShift: { shape: [hidden], values: new Float32Array(hidden) },
      outputKernel: kernel(hidden, dim, 1),
      outputShift: { shape: [dim], values: new Float32Array(dim) },
    };
  },
  compute({ views }, _, { hiddenKernel, hiddenScale, hiddenShift, outputKernel, outputShift }) {
    const predict = (view: tf.Tensor2D): tf.Tensor2D => {
      const inner: tf.Tensor2D = tf.matMul(view, hiddenKernel as tf.Tensor2D); // [batch, hidden]
      const scaled: tf.Tensor2D = hiddenScale ? tf.mul(normalizedOverBatch(inner), hiddenScale) : inner;
      const hidden = tf.relu<tf.Tensor2D>(tf.add(scaled, hiddenShift!));
      return tf.add(tf.matMul(hidden, outputKernel as tf.Tensor2D), outputShift!);
    };
    const predictions = views.map((view) => unitVectors(predict(view)));
    const fixed = views.map((view) => unitVectors(detach(view)));
    const cosines = predictions.flatMap((p, a) => fixed.flatMap((z, b) => (a === b ? [] : [tf.sum<tf.Tensor1D>(tf.mul(p, z), 1)])));
    return { terms: tf.mul(-1 / cosines.length, tf.addN(cosines)) };
  },
});

/** Each column with mean 0 and variance 1 over the batch. */
function normalizedOverBatch(rows: tf.Tensor2D): tf.Tensor2D {
  const away = tf.sub<tf.Tensor2D>(rows, tf.mean(rows, 0, true));
  return tf.div(away, tf.sqrt(tf.add(tf.mean(tf.mul(away, away), 0, true), epsilon)));
}
