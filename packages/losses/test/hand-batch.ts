import type { ClassLoss, LossParameters, PairKnowledge, RelationLoss, ScoreBatchWith, ScoreLoss } from "@quaterion/core/training";
import { lossValue, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";

/** Unit vectors in the plane at these angles, in degrees. */
export const atDegrees = (...angles: number[]) =>
  angles.map((angle) => [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]);

/** The value of a relation loss on a batch with relations 1, −1, 0; candidates are the anchors unless given. */
export async function handValue(
  loss: RelationLoss,
  anchors: number[][],
  relations: number[][],
  candidates?: number[][],
  weights?: number[],
) {
  await useEngine();
  return tf.tidy(() => {
    const rows = tf.tensor2d(anchors);
    const mask = (wanted: number) => tf.tensor2d(relations.map((row) => row.map((relation) => (relation === wanted ? 1 : 0))));
    const batch = { anchors: rows, candidates: candidates ? tf.tensor2d(candidates) : rows, similar: mask(1), dissimilar: mask(-1) };
    return lossValue(loss, { ...batch, weights: weights && tf.tensor1d(weights) }, {}).dataSync()[0]!;
  });
}

/** The value of a class loss on rows, their classes and the prototypes. */
export async function handClassValue(
  loss: ClassLoss<{ prototypes: tf.Tensor }>,
  rows: number[][],
  classes: number[],
  prototypes: number[][],
) {
  await useEngine();
  return tf.tidy(() => {
    const batch = { embeddings: tf.tensor2d(rows), classes: tf.tensor1d(classes, "int32") };
    return lossValue(loss, batch, { prototypes: tf.tensor2d(prototypes) }).dataSync()[0]!;
  });
}

/** What is known of pairs, in ordinary numbers. */
export interface HandPairs {
  first: number[][];
  second: number[][];
  others?: number[][][];
  scores?: number[];
  teacherScores?: number[][];
  teacher?: { first: number[][]; second: number[][] };
  classes?: number[];
  weights?: number[];
}

/** The value of a loss on given pairs. */
export async function handScoreValue<Parameters extends LossParameters, Needs extends PairKnowledge>(
  loss: ScoreLoss<Parameters, Needs>,
  { first, second, others, scores, teacherScores, teacher, classes, weights }: HandPairs,
  parameters: Readonly<Record<string, number[] | number[][]>> = {},
) {
  await useEngine();
  return tf.tidy(() => {
    const batch = {
      first: tf.tensor2d(first),
      second: tf.tensor2d(second),
      others: others?.map((rows) => tf.tensor2d(rows)),
      scores: scores && tf.tensor1d(scores),
      teacherScores: teacherScores && tf.tensor2d(teacherScores),
      teacher: teacher && { first: tf.tensor2d(teacher.first), second: tf.tensor2d(teacher.second) },
      classes: classes && tf.tensor1d(classes, "int32"),
      weights: weights && tf.tensor1d(weights),
    };
    const learned = Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, tf.tensor(values)]));
    return lossValue(loss, batch as unknown as ScoreBatchWith<Needs>, learned as unknown as Parameters).dataSync()[0]!;
  });
}
