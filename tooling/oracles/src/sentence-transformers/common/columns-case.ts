import type { RelationBatch, RelationLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import type { LossCase, Rows } from "../../golden-case.js";
import { lossNumber } from "../../loss-number.js";
import type { SaidLoss } from "../../mapping.js";
import { labelRelation, pairMasks } from "../../pair-masks.js";

/** A case of one column of rows with labels: all against all. */
export function labelsCase(golden: LossCase, loss: RelationLoss, ofItself: (row: number) => number = () => 0): SaidLoss {
  const { labels } = golden.inputs;
  const relation = (i: number, j: number) => (i === j ? ofItself(i) : labelRelation(labels[i]!, labels[j]!));
  return columnsCase(golden, (rows) =>
    lossNumber(loss, { anchors: rows!, candidates: rows!, ...pairMasks(labels.length, labels.length, relation) }),
  );
}

/** A case of anchors against the other columns, stacked; candidate j is row j % batch of column 1 + ⌊j / batch⌋. */
export function stackedCase(golden: LossCase, loss: RelationLoss, relation: (i: number, j: number, batch: number) => number): SaidLoss {
  return columnsCase(golden, (anchors, ...others) => lossNumber(loss, stacked(anchors!, others, relation)));
}

function stacked(anchors: tf.Tensor2D, others: tf.Tensor2D[], relation: (i: number, j: number, batch: number) => number): RelationBatch {
  const batch = anchors.shape[0];
  return { anchors, candidates: tf.concat(others, 0), ...pairMasks(batch, batch * others.length, (i, j) => relation(i, j, batch)) };
}

/** A case as a function of its columns. */
export function columnsCase(golden: LossCase, value: (...columns: tf.Tensor2D[]) => tf.Scalar): SaidLoss {
  const gradients = golden.grads["columns"] as readonly Rows[];
  return {
    inputs: golden.inputs.columns.map((values, i) => ({ values, gradient: gradients[i]! })),
    value: (...columns) => value(...(columns as tf.Tensor2D[])),
  };
}
