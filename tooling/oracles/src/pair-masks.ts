import type { PairMasks } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";

/** Masks made from a rule on row and column numbers: 1 similar, −1 dissimilar, 0 unknown. */
export function pairMasks(rows: number, columns: number, relation: (i: number, j: number) => number): PairMasks {
  const of = (wanted: number) =>
    tf.tensor2d(
      Array.from({ length: rows * columns }, (_, at) => (relation(Math.floor(at / columns), at % columns) === wanted ? 1 : 0)),
      [rows, columns],
    );
  return { similar: of(1), dissimilar: of(-1) };
}

/** Equal labels similar, others dissimilar. */
export const labelRelation = (label: number, other: number) => (label === other ? 1 : -1);
