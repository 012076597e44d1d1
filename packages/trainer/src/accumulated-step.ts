import * as tf from "@tensorflow/tfjs-core";
import { type BatchInputs, structureOf } from "./batch-inputs.js";
import { type BatchTensors, batchTensors, tensorsIn } from "./batch-loss.js";
import type { Compile, CompiledFunction } from "./engine.js";
import { GradientSums } from "./gradient-sums.js";
import { lossGradients } from "./loss-gradients.js";
import { finished, type Step, type StepPlan, type StepResult } from "./step.js";
import type { TrainingState } from "./training-state.js";

/**
 * A step on several batches: their gradients are added up, each by its share, and the weights change once. The loss is the mean of the batches'
 * losses, so n equal batches do what one does; memory stays that of one batch. Not the same as one batch n times as large, for the loss compares
 * samples within a batch alone: that is what a chunked step is for.
 */
export function accumulatedStep(plan: StepPlan, state: TrainingState, compile: Compile): Step {
  const sums = new GradientSums(state, compile, plan);
  const programs = new Map<string, BatchProgram>();
  const programOf = (structure: string, share: number) => {
    let program = programs.get(structure);
    if (program === undefined) {
      const made: BatchProgram = {
        run: compile(
          () => {
            const { value, parts, gradients, embeddings } = lossGradients(plan, state, made.batch!);
            made.names = sums.add(gradients, made.share);
            made.parts = Object.keys(parts);
            const summary = tf.stack([value, ...Object.values(parts)]);
            tf.dispose(Object.values(parts));
            if (plan.embeddings) return [summary, embeddings];
            embeddings.dispose();
            return [summary];
          },
          { state: () => plan.random.state() },
        ),
        share,
        parts: [],
        names: [],
      };
      programs.set(structure, made);
      program = made;
    }
    return program;
  };

  const step = async (batches: readonly BatchInputs[], learningRate: number): Promise<StepResult> => {
    const held = state.hold();
    const embeddings: Float32Array[] = [];
    const touched = new Set<string>();
    const parts: Record<string, number> = {};
    let loss = 0;
    for (const inputs of batches) {
      const share = 1 / batches.length;
      const program = programOf(`${structureOf(inputs)} ${share}`, share);
      const results = tf.tidy(() => {
        program.batch = batchTensors(inputs);
        return program.run(...tensorsIn(program.batch));
      });
      program.batch = undefined;
      const [summary, made] = await Promise.all(results.map(async (result) => (await result.data()) as Float32Array));
      tf.dispose(results);
      loss += summary![0]! * share;
      for (const [i, name] of program.parts.entries()) parts[name] = (parts[name] ?? 0) + summary![1 + i]! * share;
      if (made) embeddings.push(made);
      for (const name of program.names) touched.add(name);
    }
    const parameters = state.parameters.filter(({ variable }) => touched.has(variable.name));
    const gradientNorm = await sums.spend(parameters, learningRate);
    const finite = finished(state, parameters, held, [loss, gradientNorm]);
    const named = Object.keys(parts).length > 0 && { parts };
    return { loss, ...named, gradientNorm, finite, ...(plan.embeddings && { embeddings }) };
  };
  const dispose = () => {
    for (const { run } of programs.values()) run.dispose?.();
    programs.clear();
    sums.dispose();
  };
  return Object.assign(step, { dispose });
}

/** Adds one batch's gradients to the sums. */
interface BatchProgram {
  readonly run: CompiledFunction;
  readonly share: number;
  batch?: BatchTensors;
  /** Names of the loss's parts, and of the weights that had a gradient: known once it was called. */
  parts: readonly string[];
  names: readonly string[];
}
