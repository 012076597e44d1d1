import { InvalidArgumentError, shown } from "@quaterion/core";
import type { Loss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { type BatchTensors, batchLoss } from "./batch-loss.js";
import { embeddingsOf } from "./embeddings-of.js";
import type { StepPlan } from "./step.js";
import type { TrainingState } from "./training-state.js";

/** What a batch says. The caller disposes the tensors, as those of `tf.variableGrads`. */
export interface LossGradients {
  readonly value: tf.Scalar;
  /** What each part of a loss that is a sum has in it. */
  readonly parts: Readonly<Record<string, tf.Scalar>>;
  /** By the variables' names; none for weights that the batch does not touch. */
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
  /** Of the batch's vectors, `[rows + candidates, dim]`. */
  readonly embeddings: tf.Tensor2D;
}

/** A batch's loss and its gradients, with the weights as they are; dropout on. Call it inside `tf.tidy`. */
export function lossGradients(plan: StepPlan, state: TrainingState, batch: BatchTensors): LossGradients {
  let parts: Record<string, tf.Scalar> = {};
  let embeddings!: tf.Tensor2D;
  const { value, grads } = tf.variableGrads(
    () => {
      embeddings = embeddingsOf(plan, batch, state.weights, true);
      const made = batchLoss(plan.loss, batch, embeddings, state.lossParameters);
      tf.keep(embeddings);
      parts = Object.fromEntries(Object.entries(made.parts).map(([name, part]) => [name, tf.keep(part)]));
      return scalar(made.value, plan.loss);
    },
    state.parameters.map(({ variable }) => variable),
  );
  return { value, parts, gradients: grads as Record<string, tf.Tensor>, embeddings };
}

function scalar(value: tf.Tensor, loss: Loss): tf.Scalar {
  if (value.rank === 0) return value as tf.Scalar;
  throw new InvalidArgumentError(
    `\`fit.loss\` "${loss.name}" must come to one number: its reducer's totals and counts must be scalars; received shape ${shown(value.shape.join(", "))}.`,
  );
}
