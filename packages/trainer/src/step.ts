import { InvalidArgumentError, type Random, shown } from "@quaterion/core";
import type { Head, Loss, TrainableEncoder } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { type BatchInputs, structureOf } from "./batch-inputs.js";
import { type BatchTensors, batchLoss, batchTensors, tensorsIn } from "./batch-loss.js";
import { embed } from "./embed.js";
import type { Compile, CompiledFunction } from "./engine.js";
import type { Optimizer } from "./optimizers/optimizer.js";
import type { Parameter, TrainingState } from "./training-state.js";

/** What stays the same in every step of a run. */
export interface StepPlan {
  /** Trained with the head; absent where batches hold a frozen encoder's vectors. */
  readonly encoder?: Pick<TrainableEncoder<never>, "apply">;
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

/** One step on a batch, at a learning rate. */
export type Step = ((inputs: BatchInputs, learningRate: number) => Promise<StepResult>) & { dispose(): void };

/**
 * The step of a run: loss, gradients, new weights. All of it is recorded before one number is read, so that an engine that compiles runs it at once;
 * loss and gradient length are read together. Batches of one structure share what the engine compiled. The caller disposes it before the state.
 */
export function trainingStep(plan: StepPlan, state: TrainingState, compile: Compile): Step {
  const programs = new Map<string, { run: CompiledFunction; work: Work | undefined }>();
  const known = new Map<string, StructureFacts>();

  const programOf = (structure: string) => {
    let program = programs.get(structure);
    if (program === undefined) {
      const made: { run: CompiledFunction; work: Work | undefined } = {
        run: compile(() => [newWeights(plan, state, made.work!)], { state: () => plan.random.state() }),
        work: undefined,
      };
      programs.set(structure, made);
      program = made;
    }
    return program;
  };

  const step = async (inputs: BatchInputs, learningRate: number): Promise<StepResult> => {
    const shape = structureOf(inputs);
    const parameters = [...(known.get(shape)?.touched ?? state.parameters)];
    const paces = [...new Map(parameters.map((parameter) => [paceOf(parameter), parameter])).values()];
    const indexOf = new Map(paces.map((parameter, i) => [paceOf(parameter), i]));
    const program = programOf(`${shape} ${parameters.map((parameter) => indexOf.get(paceOf(parameter)))}`);
    const held = state.hold();
    const facts: StructureFacts = { touched: new Set(), parts: [] };
    const summary = tf.tidy(() => {
      const batch = batchTensors(inputs);
      const coefficients = paces.map(({ rate, updates }) => scalars(plan.optimizer.coefficients(learningRate * rate, updates + 1)));
      program.work = { batch, coefficientsOf: (parameter) => coefficients[indexOf.get(paceOf(parameter))!]!, facts };
      return program.run(...tensorsIn(batch), ...coefficients.flatMap((each) => Object.values(each)))[0]!;
    });
    program.work = undefined;
    // A program that was run again, without being called, does what it did before.
    if (facts.touched.size > 0) known.set(shape, facts);
    const { touched, parts } = known.get(shape) ?? facts;
    const [loss, gradientNorm, ...partLosses] = (await summary.data()) as Float32Array;
    summary.dispose();
    const finite = Number.isFinite(loss) && Number.isFinite(gradientNorm);
    if (finite) for (const parameter of touched) parameter.updates++;
    else state.release(held);
    tf.dispose(held);
    const named = parts.length > 0 && { parts: Object.fromEntries(parts.map((name, i) => [name, partLosses[i]!])) };
    return { loss: loss!, ...named, gradientNorm: gradientNorm!, finite };
  };
  const dispose = () => {
    for (const { run } of programs.values()) run.dispose?.();
    programs.clear();
  };
  return Object.assign(step, { dispose });
}

/** Weights of one rate that were updated equally often share their coefficients. */
function paceOf({ rate, updates }: Parameter): string {
  return `${rate} ${updates}`;
}

/** What a call of a step's program works on. */
interface Work {
  readonly batch: BatchTensors;
  readonly coefficientsOf: (parameter: Parameter) => Readonly<Record<string, tf.Scalar>>;
  /** Filled while the program is called. */
  readonly facts: StructureFacts;
}

/** What steps on batches of one structure have in common. */
interface StructureFacts {
  /** Weights that had a gradient: those of other label spaces have none, and stay as they are. */
  readonly touched: Set<Parameter>;
  /** Names of the parts of a loss that is a sum. */
  readonly parts: string[];
}

/** Assigns new weights. @returns loss, gradient length, and the loss's parts, `[2 + parts]` */
function newWeights(plan: StepPlan, state: TrainingState, { batch, coefficientsOf, facts }: Work): tf.Tensor {
  let parts: tf.Scalar[] = [];
  const { value, grads } = tf.variableGrads(
    () => {
      const embeddings = embeddingsOf(plan, state, batch, true);
      const made = batchLoss(plan.loss, batch, embeddings, state.lossParameters);
      facts.parts.push(...Object.keys(made.parts));
      parts = Object.values(made.parts).map((part) => tf.keep(part));
      return scalar(made.value, plan.loss);
    },
    state.parameters.map(({ variable }) => variable),
  );
  const squares = Object.values(grads).map((gradient) => tf.sum(tf.mul(gradient, gradient)));
  const norm = tf.sqrt(squares.reduce((sum, square) => tf.add(sum, square))) as tf.Scalar;
  const scale = plan.clipNorm === undefined ? undefined : tf.minimum(1, tf.div(plan.clipNorm, tf.add(norm, 1e-6)));
  for (const parameter of state.parameters) {
    const { variable, slots } = parameter;
    const gradient = grads[variable.name];
    if (gradient === undefined) continue;
    facts.touched.add(parameter);
    const next = plan.optimizer.update({
      weight: variable,
      gradient: scale === undefined ? gradient : tf.mul(gradient, scale),
      slots,
      coefficients: coefficientsOf(parameter),
    });
    variable.assign(next.weight);
    for (const [slot, slotValue] of Object.entries(next.slots)) slots[slot]!.assign(slotValue);
  }
  const summary = tf.stack([value, norm, ...parts]);
  tf.dispose(parts);
  return summary;
}

function embeddingsOf(
  { encoder, head, random, normalize }: StepPlan,
  state: TrainingState,
  batch: BatchTensors,
  training: boolean,
): tf.Tensor2D {
  const vectors = batch.vectors ?? encoder!.apply(batch.prepared!, state.encoderWeights);
  return embed(head, vectors, state.headWeights, { training, random }, normalize);
}

function scalars(numbers: Readonly<Record<string, number>>): Record<string, tf.Scalar> {
  return Object.fromEntries(Object.entries(numbers).map(([name, number]) => [name, tf.scalar(number)]));
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
    const embeddings = embeddingsOf(plan, state, batch, false);
    return batchLoss(plan.loss, batch, embeddings, state.lossParameters).value;
  });
  const [loss] = await value.data();
  value.dispose();
  return loss!;
}
