import type { LossParameters, ScoreLoss } from "@quaterion/core/training";
import { embeddingDistillation, meanSquaredError } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { LossCase, Rows } from "../golden-case.js";
import { bare, type LossMapping, Uncovered } from "../mapping.js";
import { pairsCase } from "./common/pairs-case.js";

const distances = { mse: "squared", l2: "euclidean", cosine: "cosine" } as const;

/** Labels are the teacher's vectors: one for all columns of a row, or one for each. A single column is a pair of itself. */
function taughtCase(golden: LossCase, loss: ScoreLoss<LossParameters, "teacher">) {
  const { labels, columns } = golden.inputs as unknown as { labels: readonly (Rows | readonly number[])[]; columns: Rows[] };
  if (columns.length > 2) throw new Uncovered("more than two rows that belong together");
  const of = (column: number) =>
    tf.tensor2d(labels.map((label) => [...((typeof label[0] === "number" ? label : label[column]) as readonly number[])]));
  return pairsCase(golden, loss, () => ({ teacher: { first: of(0), second: of(columns.length - 1) } }));
}

export const mapping: LossMapping = {
  EmbedDistillLoss: {
    options: ["distance_metric"],
    say: (golden) => {
      const { distance_metric = "cosine" } = golden.options as { distance_metric?: keyof typeof distances };
      return taughtCase(golden, embeddingDistillation({ distance: distances[distance_metric] }));
    },
  },
  MSELoss: { options: [], say: (golden, around = bare) => taughtCase(golden, around(meanSquaredError())) },
};
