import type { Random } from "@quaterion/core";
import type { Head, Loss, TrainableEncoder } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { type BatchInputs, structureOf } from "./batch-inputs.js";
import { type BatchTensors, batchLoss, batchTensors, tensorsIn } from "./batch-loss.js";
import type { Clipping } from "./clipped-gradients.js";
import { embeddingsOf } from "./embeddings-of.js";
import type { Compile, CompiledFunction } from "./engine.js";
import { lossGradients } from "./loss-gradients.js";
import type { Parameter, TrainingState } from "./training-state.js";
import { type UpdateNumbers, updateNumbers, updateWeights } from "./weight-updates.js";

/** What stays the same in every step of a run. */
export interface StepPlan extends Clipping {
  /** Trained with the head; absent where batches hold a frozen encoder's vectors. */
  readonly encoder?: Pick<TrainableEncoder<never>, "apply">;
  readonly head: Head;
  readonly loss: Loss;
  readonly normalize: boolean;
  /** For dropout. */
  readonly random: Random;
  /** Hand out the embeddings of the batch, for a memory. */
  readonly embeddings?: boolean;
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
  /** Where the plan asks for them: of each batch, its rows' and then its candidates', `[rows + candidates, dim]`. */
  readonly embeddings?: readonly Float32Array[];
}

/** One update, from one batch (or as many as are accumulated), at a learning rate. */
export type Step = ((batches: readonly BatchInputs[], learningRate: number) => Promise<StepResult>) & { dispose(): void };

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
        run: compile(() => newWeights(plan, state, made.work!), { state: () => plan.random.state() }),
        work: undefined,
      };
      programs.set(structure, made);
      program = made;
    }
    return program;
  };

  const step = async ([inputs]: readonly BatchInputs[], learningRate: number): Promise<StepResult> => {
    const shape = structureOf(inputs!);
    const facts: StructureFacts = { touched: [], parts: [] };
    const held = state.hold();
    const results = tf.tidy(() => {
      const batch = batchTensors(inputs!);
      const numbers = updateNumbers(known.get(shape)?.touched ?? state.parameters, learningRate);
      const program = programOf(`${shape} ${numbers.structure}`);
      program.work = { batch, numbers, facts };
      const made = program.run(...tensorsIn(batch), ...numbers.tensors);
      program.work = undefined;
      return made;
    });
    // A program that was run again, without being called, does what it did before.
    if (facts.touched.length > 0) known.set(shape, facts);
    const { touched, parts } = known.get(shape) ?? facts;
    const [summary, ...embeddings] = await Promise.all(results.map(async (result) => (await result.data()) as Float32Array));
    tf.dispose(results);
    const [loss, gradientNorm, ...partLosses] = summary!;
    const finite = finished(state, touched, held, [loss!, gradientNorm!]);
    const named = parts.length > 0 && { parts: Object.fromEntries(parts.map((name, i) => [name, partLosses[i]!])) };
    return { loss: loss!, ...named, gradientNorm: gradientNorm!, finite, ...(plan.embeddings && { embeddings }) };
  };
  const dispose = () => {
    for (const { run } of programs.values()) run.dispose?.();
    programs.clear();
  };
  return Object.assign(step, { dispose });
}

/** What a call of a step's program works on. */
interface Work {
  readonly batch: BatchTensors;
  readonly numbers: UpdateNumbers;
  /** Filled while the program is called. */
  readonly facts: StructureFacts;
}

/** What steps on batches of one structure have in common. */
interface StructureFacts {
  /** Weights that had a gradient: those of other label spaces have none, and stay as they are. */
  touched: readonly Parameter[];
  /** Names of the parts of a loss that is a sum. */
  parts: readonly string[];
}

/** Assigns new weights. @returns loss, gradient length, and the loss's parts, `[2 + parts]`, and the embeddings where they are asked for */
function newWeights(plan: StepPlan, state: TrainingState, { batch, numbers, facts }: Work): tf.Tensor[] {
  const { value, parts, gradients, embeddings } = lossGradients(plan, state, batch);
  const { norm, touched } = updateWeights(state, gradients, plan, numbers);
  Object.assign(facts, { touched, parts: Object.keys(parts) });
  const summary = tf.stack([value, norm, ...Object.values(parts)]);
  tf.dispose(Object.values(parts));
  if (plan.embeddings) return [summary, embeddings];
  embeddings.dispose();
  return [summary];
}

/** Counts an update, or takes it back where a number of it is none. @returns whether all were finite */
export function finished(
  state: TrainingState,
  touched: readonly Parameter[],
  held: readonly tf.Tensor[],
  numbers: readonly number[],
): boolean {
  const finite = numbers.every(Number.isFinite);
  if (finite) for (const parameter of touched) parameter.updates++;
  else state.release(held);
  tf.dispose(held as tf.Tensor[]);
  return finite;
}

/** The loss of a batch with the weights that a model would get now: no gradient, no dropout. */
export async function evaluationLoss(plan: StepPlan, state: TrainingState, inputs: BatchInputs): Promise<number> {
  const value = tf.tidy(() => {
    const batch = batchTensors(inputs);
    const embeddings = embeddingsOf(plan, batch, state.modelWeights, false);
    return batchLoss(plan.loss, batch, embeddings, state.lossParameters).value;
  });
  const [loss] = await value.data();
  value.dispose();
  return loss!;
}
