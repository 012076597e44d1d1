import { optional, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { defineScoreLoss } from "./define-score-loss.js";
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
    const student = tf.stack(partnerScores(first, [second, ...others!], similarities)); // [partners, pairs]
    const teacher = tf.transpose(teacherScores);
    const divergence = divergences(over(student, studentTemperature), over(teacher, teacherTemperature));
    return { terms: studentTemperature === 1 ? divergence : tf.mul(studentTemperature ** 2, divergence) };
  },
});

const over = (scores: tf.Tensor, temperature: number): tf.Tensor => (temperature === 1 ? scores : tf.div(scores, temperature));

/** Scores of an anchor's partners, `[pairs]` each; of two partners by dot products less that of the second one, since only differences count: a·(p − n). */
function partnerScores(anchors: tf.Tensor2D, partners: readonly tf.Tensor2D[], similarities: PairedFunction): tf.Tensor1D[] {
  if (similarities !== pairedDotProducts || partners.length !== 2) return partners.map((partner) => similarities(anchors, partner));
  return [pairedDotProducts(anchors, tf.sub(partners[0]!, partners[1]!)), tf.zeros<tf.Rank.R1>([anchors.shape[0]])];
}

/**
 * Σ_j p_j (log p_j − log q_j) of each column, p and q the softmax over the first axis of what the teacher and the student say, `[partners, pairs]` each;
 * `[pairs]`. The teacher's are constants; the student's gradient is q − p.
 */
function divergences(student: tf.Tensor, teacher: tf.Tensor): tf.Tensor {
  const operation = tf.customGrad((input, save) => {
    const both = tf.stack([input as tf.Tensor, teacher]); // of one array, since a step of few numbers takes as long as it has nodes
    const lowered = tf.sub(both, tf.max(both, 1, true));
    const logarithms = tf.sub(lowered, tf.log(tf.sum(tf.exp(lowered), 1, true)));
    const [logQ, logP] = tf.unstack(logarithms);
    const [q, p] = tf.unstack(tf.exp(logarithms));
    (save as tf.GradSaveFunc)([q!, p!]);
    return {
      value: tf.sum(tf.mul(p!, tf.sub(logP!, logQ!)), 0),
      gradFunc: (dy: tf.Tensor, [ofStudent, ofTeacher]: tf.Tensor[]) => tf.mul(dy, tf.sub(ofStudent!, ofTeacher!)),
    };
  });
  return operation(student);
}
