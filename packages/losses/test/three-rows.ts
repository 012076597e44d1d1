import type { RelationBatch } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";

/** Rows 0 and 1 are similar, 0 and 2 as well as 1 and 2 dissimilar. */
export const threeRows = [
  [1, 0.2, 0.1],
  [0.7, 0.6, -0.3],
  [0.1, 0.9, 0.4],
];

export function masks(rows: tf.Tensor2D): RelationBatch {
  const mask = (values: number[][]) => tf.tensor2d(values);
  return {
    anchors: rows,
    candidates: rows,
    similar: mask([
      [0, 1, 0],
      [1, 0, 0],
      [0, 0, 0],
    ]),
    dissimilar: mask([
      [0, 0, 1],
      [0, 0, 1],
      [1, 1, 0],
    ]),
  };
}
