import type { ClassLoss, RelationLoss } from "@quaterion/core/training";
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
