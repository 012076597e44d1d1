import type { RelationLoss } from "@quaterion/core/training";
import { contrastive, cosineDistances, sum } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { LossCase, Rows } from "../golden-case.js";
import { lossNumber } from "../loss-number.js";
import { type LossMapping, type SaidLoss, Uncovered } from "../mapping.js";
import { pairMasks } from "../pair-masks.js";
import { columnsCase, stackedCase } from "./common/columns-case.js";
import { distancesOf } from "./common/distances.js";

export const mapping: LossMapping = {
  ContrastiveLoss: {
    options: ["distance_metric", "margin", "size_average"],
    say: (golden) => {
      const { distance_metric, margin, size_average } = golden.options as {
        distance_metric?: string;
        margin?: number;
        size_average?: boolean;
      };
      const { labels } = golden.inputs;
      if (labels.some((label) => label < 0 || label > 1)) throw new Uncovered("labels that are no shares");
      const distances = distancesOf(distance_metric, cosineDistances);
      const loss = contrastive({ distances, margin, ...(size_average === false && { reducer: sum() }) });
      const graded = labels.some((label) => label !== 0 && label !== 1);
      const said = graded ? gradedCase(golden, loss) : stackedCase(golden, loss, (i, j) => (i === j ? 2 * labels[i]! - 1 : 0));
      return distances === cosineDistances ? said : withoutDirectionAtZero(said, golden);
    },
  },
};

/** A pair of label 0.3 is similar with weight 0.3 and dissimilar with weight 0.7: each anchor comes twice. */
function gradedCase(golden: LossCase, loss: RelationLoss): SaidLoss {
  const { labels } = golden.inputs;
  const pairs = labels.length;
  return columnsCase(golden, (first, second) =>
    lossNumber(loss, {
      anchors: tf.concat([first!, first!], 0),
      candidates: second!,
      weights: tf.tensor1d([...labels, ...labels.map((label) => 1 - label)]),
      ...pairMasks(2 * pairs, pairs, (i, j) => (i === j ? 1 : i === j + pairs ? -1 : 0)),
    }),
  );
}

/** The peer's distances are those of x − y + 1e-6: rows that are equal have a direction there, and none here. */
export function withoutDirectionAtZero(said: SaidLoss, { inputs: { columns } }: LossCase): SaidLoss {
  const equal = columns[0]!.map((row, i) => String(row) === String(columns[1]![i]));
  if (!equal.includes(true)) return said;
  return {
    ...said,
    inputs: said.inputs.map(({ values, gradient }) => ({
      values,
      gradient: (gradient as Rows).map((row, i) => (equal[i] ? row.map(() => 0) : row)),
    })),
    differs: "the peer adds 1e-6 to every coordinate, which gives equal rows a direction",
  };
}
