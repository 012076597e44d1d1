import { InvalidArgumentError, type Random, shown } from "@quaterion/core";
import type { Head, Loss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import type { BatchInputs } from "./batch-inputs.js";
import { batchLoss, batchTensors } from "./batch-loss.js";
import { embed } from "./embed.js";
import type { Optimizer } from "./optimizers/optimizer.js";
import type { TrainingState } from "./training-state.js";

/** What stays the same in every step of a run. */
export interface StepPlan {
  readonly head: Head;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly normalize: boolean;
  /** The gradient of all weights together is scaled down to this length where it is longer. */
  readonly clipNorm?: number;
  /** For dropout. */
  readonly random: Random;
}

/** What a step tells. */
export interface StepResult {
  readonly loss: number;
  /** What each part of a loss that is a sum has in it. */
  readonly parts?: Readonly<Record<string, number>>;
  /** Length of the gradient of all weights together, before clipping. */
  readonly gradientNorm: number;
  /** False where loss or gradient was NaN or infinite: the weights are then what they were before. */
  readonly finite: boolean;
}

/**
 * One step: loss, gradients, new weights. All of it is recorded before one number is read, so that an engine that compiles runs it at once;
 * loss and gradient length are read together.
 */
export async function trainingStep(plan: StepPlan, state: TrainingState, inputs: BatchInputs, learningRate: number): Promise<StepResult> {
  const held = state.hold();
  const updates = state.parameters.map((parameter) => parameter.updates);
  let names: string[] = [];
  const summary = tf.tidy(() => {
    const batch = batchTensors(inputs);
    let parts: tf.Scalar[] = [];
    const { value, grads } = tf.variableGrads(
      () => {
        const embeddings = embed(plan.head, batch.vectors, state.headWeights, { training: true, random: plan.random }, plan.normalize);
        const made = batchLoss(plan.loss, batch, embeddings, state.lossParameters);
        names = Object.keys(made.parts);
        parts = Object.values(made.parts).map((part) => tf.keep(part));
        return scalar(made.value, plan.loss);
      },
      state.parameters.map(({ variable }) => variable),
    );
    const squares = Object.values(grads).map((gradient) => tf.sum(tf.mul(gradient, gradient)));
    const norm = tf.sqrt(squares.reduce((sum, square) => tf.add(sum, square))) as tf.Scalar;
    const scale = plan.clipNorm === undefined ? undefined : tf.minimum(1, tf.div(plan.clipNorm, tf.add(norm, 1e-6)));
    update(plan.optimizer, state, grads, learningRate, scale);
    const read = tf.stack([value, norm, ...parts]);
    tf.dispose(parts);
    return read;
  });
  const [loss, gradientNorm, ...parts] = (await summary.data()) as Float32Array;
  summary.dispose();
  const finite = Number.isFinite(loss) && Number.isFinite(gradientNorm);
  if (!finite) {
    state.release(held);
    for (const [i, parameter] of state.parameters.entries()) parameter.updates = updates[i]!;
  }
  tf.dispose(held);
  const named = names.length === 0 ? undefined : Object.fromEntries(names.map((name, i) => [name, parts[i]!]));
  return { loss: loss!, ...(named && { parts: named }), gradientNorm: gradientNorm!, finite };
}

function update(
  optimizer: Optimizer,
  state: TrainingState,
  gradients: tf.NamedTensorMap,
  learningRate: number,
  scale: tf.Tensor | undefined,
): void {
  // Weights of the same age share their coefficients.
  const byAge = new Map<number, Record<string, tf.Scalar>>();
  for (const parameter of state.parameters) {
    const { variable, slots } = parameter;
    const gradient = gradients[variable.name];
    if (gradient === undefined) continue;
    parameter.updates++;
    let coefficients = byAge.get(parameter.updates);
    if (coefficients === undefined) {
      const numbers = Object.entries(optimizer.coefficients(learningRate, parameter.updates));
      coefficients = Object.fromEntries(numbers.map(([name, number]) => [name, tf.scalar(number)]));
      byAge.set(parameter.updates, coefficients);
    }
    const next = optimizer.update({
      weight: variable,
      gradient: scale === undefined ? gradient : tf.mul(gradient, scale),
      slots,
      coefficients,
    });
    variable.assign(next.weight);
    for (const [slot, value] of Object.entries(next.slots)) slots[slot]!.assign(value);
  }
}

function scalar(value: tf.Tensor, loss: Loss): tf.Scalar {
  if (value.rank === 0) return value as tf.Scalar;
  throw new InvalidArgumentError(
    `\`fit.loss\` "${loss.name}" must come to one number: its reducer's totals and counts must be scalars; received shape ${shown(value.shape.join(", "))}.`,
  );
}

/** The loss of a batch with the weights as they are: no gradient, no dropout. */
export async function evaluationLoss(plan: StepPlan, state: TrainingState, inputs: BatchInputs): Promise<number> {
  const value = tf.tidy(() => {
    const batch = batchTensors(inputs);
    const embeddings = embed(plan.head, batch.vectors, state.headWeights, { training: false, random: plan.random }, plan.normalize);
    return batchLoss(plan.loss, batch, embeddings, state.lossParameters).value;
  });
  const [loss] = await value.data();
  value.dispose();
  return loss!;
}
