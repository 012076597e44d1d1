import { boolean, fraction, positiveFiniteNumber } from "@quaterion/core";
import type { LossParameters } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { classPrototypes } from "./class-prototypes.js";
import { classMask, classSoftmax } from "./class-softmax.js";
import { defineClassLoss } from "./define-class-loss.js";

/**
 * Softmax: an ordinary linear classifier on top of the embeddings, of any length.
 * Logits: (x · w_j + b_j) / temperature; cross entropy.
 * `temperature` (1), `bias` (false: no b), `labelSmoothing` (0). Learns `prototypes [classes, dim]` (w) and, with `bias`, `bias [classes]`, one set
 * per label space.
 * Use it as the plain classifier that other class losses are compared with, and beside `center`.
 *
 * Bridle, "Probabilistic interpretation of feedforward classification network outputs", Neurocomputing 1990.
 * @throws {InvalidArgumentError} when `temperature` is not a finite number above 0 or `labelSmoothing` not from 0 to 1
 */
export const softmax = defineClassLoss<{ temperature: number; bias: boolean; labelSmoothing: number }, LossParameters>({
  name: "softmax",
  defaults: { temperature: 1, bias: false, labelSmoothing: 0 },
  check: { temperature: positiveFiniteNumber, bias: boolean, labelSmoothing: fraction },
  parameters(sizes, random, { bias }) {
    const prototypes = classPrototypes(sizes, random);
    return bias ? { ...prototypes, bias: { shape: [sizes.classes], values: new Float32Array(sizes.classes) } } : prototypes;
  },
  compute({ embeddings, classes }, { temperature, labelSmoothing }, { prototypes, bias }) {
    const products = tf.matMul(embeddings, prototypes as tf.Tensor2D, false, true); // [batch, classes]
    const logits: tf.Tensor2D = tf.div(bias ? tf.add(products, bias) : products, temperature);
    return classSoftmax(logits, classMask(classes, logits.shape[1]), labelSmoothing);
  },
});
