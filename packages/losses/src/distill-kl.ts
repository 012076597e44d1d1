import { optional, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { defineScoreLoss } from "./define-score-loss.js";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";
import { pairedDotProducts } from "./paired-dot-products.js";
import { type PairedFunction, pairedFunction } from "./paired-function.js";

/**
 * Distillation by Kullback-Leibler divergence: an anchor's partners shall share its attention as the teacher lets them.
 * T_s² Σ_j p_j (log p_j − log q_j), p = softmax(t / T_t), q = softmax(s / T_s) over an anchor's partners, t the teacher's scores; the mean over
 * anchors. The factor keeps the gradient's size when T_s changes.
 * `temperature` (1), `studentTemperature` T_s and `teacherTemperature` T_t (both `temperature`), `similarities` s (pairedDotProducts).
 *
 * Use it for anchors with several scored partners each; it learns their order and spacing, `marginMSE` the very numbers.
 *
 * Lin, Yang & Lin, "Distilling dense representations for ranking using tightly-coupled teachers", 2020; temperatures: Hinton, Vinyals & Dean,
 * "Distilling the knowledge in a neural network", 2015, eq. 1 and section 2.
 * @throws {InvalidArgumentError} when a temperature is not a finite number above 0, and in a step whose batch has no teacher's scores or only one
 * partner for each anchor
 */
export const distillKL = defineScoreLoss({
  name: "distillKL",
  defaults: {
    temperature: 1,
    studentTemperature: undefined as number | undefined,
    teacherTemperature: undefined as number | undefined,
    similarities: pairedDotProducts as PairedFunction,
  },
  check: {
    temperature: positiveFiniteNumber,
    studentTemperature: optional(positiveFiniteNumber),
    teacherTemperature: optional(positiveFiniteNumber),
    similarities: pairedFunction,
  },
  needs: ["teacherScores"],
  leastOthers: 1,
  compute({ first, second, others, teacherScores }, { temperature, similarities, ...own }) {
    const { studentTemperature = temperature, teacherTemperature = temperature } = own;
    const partners = [second, ...others!].map((partner) => similarities(first, partner));
    const student = logShares(tf.div(tf.stack(partners, 1), studentTemperature)); // [pairs, partners]
    const teacher = logShares(tf.div(teacherScores, teacherTemperature));
    const divergence = tf.sum(tf.mul(tf.exp(teacher), tf.sub(teacher, student)), 1); // [pairs]
    return { terms: tf.mul(studentTemperature ** 2, divergence) };
  },
});

function logShares(logits: tf.Tensor2D): tf.Tensor2D {
  return tf.sub(logits, maskedLogSumExp(logits, tf.ones(logits.shape)));
}
