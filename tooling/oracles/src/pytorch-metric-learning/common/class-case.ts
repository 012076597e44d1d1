import type { ClassLoss, LossParameters } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import type { LossCase, Nested, Rows } from "../../golden-case.js";
import { lossNumber } from "../../loss-number.js";
import type { SaidLoss } from "../../mapping.js";
import { withRegularizers } from "./regularizers.js";

/** One of our parameters: the peer's name for it, and whether its rows are the peer's columns. */
export interface StoredParameter {
  readonly weight: string;
  readonly transposed?: boolean;
}

/** A case of a loss on classes, with the parameters that it learns. */
export function classCase<Parameters extends LossParameters>(
  golden: LossCase,
  plain: ClassLoss<Parameters>,
  parameters: { readonly [Name in keyof Parameters]: StoredParameter },
): SaidLoss {
  const loss = withRegularizers(plain, golden);
  const { embeddings, labels, indices_tuple } = golden.inputs;
  const stored: [string, StoredParameter][] = Object.entries(parameters);
  // The peer weights a row by how often it occurs in the tuple and divides by the rows; a mean by weight divides by the weights.
  const counts = indices_tuple && embeddings.map((_, i) => indices_tuple.flat().filter((row) => row === i).length);
  const weights = counts?.map((count) => count / Math.max(...counts));
  return {
    inputs: [
      { values: embeddings, gradient: golden.grads["embeddings"]! },
      ...stored.map(([, { weight, transposed: turned }]) => {
        const layout = turned ? transposed : (values: Nested) => values;
        return { values: layout(golden.weights![weight]!), gradient: layout(golden.grads[weight]!) };
      }),
    ],
    value: (rows, ...learned) =>
      lossNumber(
        loss,
        {
          embeddings: rows as tf.Tensor2D,
          classes: tf.tensor1d([...labels], "int32"),
          ...(weights && { weights: tf.tensor1d(weights) }),
        },
        Object.fromEntries(stored.map(([name], i) => [name, learned[i]!])) as Parameters,
      ),
    factor: weights ? weights.reduce((a, b) => a + b) / weights.length : 1,
  };
}

/** Rows and columns exchanged. */
export function transposed(rows: Nested): Rows {
  const matrix = rows as Rows;
  return matrix[0]!.map((_, j) => matrix.map((row) => row[j]!));
}
