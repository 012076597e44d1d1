import { setImmediate as nextTurn } from "node:timers/promises";
import {
  AbortedError,
  type Batch,
  type Json,
  NonFiniteError,
  type OnProgress,
  type Random,
  type Sampler,
  type TrainingData,
} from "@quaterion/core";
import { type BatchExtras, type BatchInputs, batchInputs, type PrepareRows } from "./batch-inputs.js";
import { type BestWeights, type Checkpoint, writeCheckpoint } from "./checkpoint.js";
import type { Engine } from "./engine.js";
import type { FitEvent } from "./events.js";
import { interruption } from "./interruption.js";
import type { CheckpointOptions } from "./options.js";
import type { HistoryStep } from "./report.js";
import { type RunStepParts, runStep } from "./run-step.js";
import type { Schedule } from "./schedules/schedule.js";
import { evaluationLoss, type StepPlan } from "./step.js";
import type { TrainingState } from "./training-state.js";
import { usableBatch } from "./usable-batch.js";

/** Times in a run that validation data is looked at. */
const validations = 10;
/** Batches of validation data at most, each time. */
const validationBatches = 16;
const progressEveryMs = 100;

/** Everything a run's loop works with. */
export interface TrainLoopParts extends RunStepParts {
  readonly state: TrainingState;
  readonly engine: Engine;
  readonly schedule: Schedule;
  readonly learningRate: number;
  readonly sampler: Sampler;
  readonly samplerRandom: Random;
  /** A frozen encoder's vectors `[samples, dim]`, or what makes rows ready for a trained one. */
  readonly encoded: Float32Array | PrepareRows;
  readonly dim: number;
  readonly extras?: BatchExtras;
  readonly validation?: {
    readonly data: TrainingData<unknown>;
    readonly encoded: Float32Array | PrepareRows;
    readonly extras?: BatchExtras;
    readonly sampler: Sampler;
  };
  readonly checkpoint?: CheckpointOptions;
  readonly resumed?: Checkpoint;
  readonly run: Readonly<Record<string, Json>>;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  readonly emit: (event: FitEvent) => Promise<void>;
}

/** What a loop leaves, beside the state it trained. */
export interface TrainLoopOutcome {
  readonly history: readonly HistoryStep[];
  readonly best?: BestWeights;
  readonly stepMs: number | undefined;
  readonly shapes: number;
}

/** Runs the steps: from the beginning, or from a checkpoint as if it had not stopped. */
export async function trainLoop(parts: TrainLoopParts): Promise<TrainLoopOutcome> {
  const { plan, state, engine, steps, sampler, samplerRandom, checkpoint, resumed, emit } = parts;
  const history: HistoryStep[] = [...(resumed?.history ?? [])];
  const watched = history.flatMap(({ validationLoss }) => validationLoss ?? []);
  const times: number[] = [];
  const shapes = new Set<string>();
  const held = validationInputs(parts);
  const every = { validation: Math.ceil(steps / validations), checkpoint: checkpoint?.everySteps ?? 100 };
  let best = resumed?.best;
  let lastPath: string | undefined;
  const step = runStep(parts, state, engine.compile);
  if (resumed) {
    state.restore(resumed.state);
    sampler.restore(resumed.sampler);
    samplerRandom.restore(resumed.random.sampler);
    plan.random.restore(resumed.random.steps);
    step.restore(resumed.memory);
  }
  const save = async (done: number): Promise<string | undefined> => {
    if (!checkpoint) return undefined;
    lastPath = await writeCheckpoint(checkpoint.folder, {
      step: done,
      state: await state.snapshot(),
      memory: step.memory(),
      sampler: sampler.state(),
      random: { sampler: samplerRandom.state(), steps: plan.random.state() },
      engine: { name: engine.name, threads: engine.threads ?? null },
      history,
      best,
      run: parts.run,
    });
    await emit({ kind: "checkpoint", step: done, path: lastPath });
    return lastPath;
  };
  const report = progressReporter(parts, resumed?.step ?? 0);
  const stop = interruption(parts.signal, checkpoint !== undefined);
  try {
    for (let done = resumed?.step ?? 0; done < steps; ) {
      if (stop.reason) throw aborted(stop.reason, done, steps, await save(done));
      const started = performance.now();
      const batches = Array.from({ length: parts.accumulate }, () => usableBatch(sampler, plan.loss, parts.data));
      const learningRate = parts.learningRate * parts.schedule.factor(done, steps, { values: watched, higherIsBetter: false });
      await engine.use();
      const { loss, parts: lossParts, gradientNorm, finite, shape } = await step.run(batches, learningRate, done);
      if (!finite) throw nonFinite(plan, done + 1, loss, gradientNorm, batches, lastPath);
      if (shapes.has(shape)) times.push(performance.now() - started);
      shapes.add(shape);
      done++;
      let entry: HistoryStep = { step: done, loss, ...(lossParts && { parts: lossParts }), learningRate, gradientNorm };
      if (held && (done % every.validation === 0 || done === steps)) {
        const validationLoss = await meanLoss(plan, state, held);
        entry = { ...entry, validationLoss };
        watched.push(validationLoss);
        const better = Number.isFinite(validationLoss) && (best === undefined || validationLoss < best.loss);
        if (better) best = { step: done, loss: validationLoss, weights: await state.modelValues() };
        await emit({ kind: "validation", step: done, loss: validationLoss, best: better });
      }
      history.push(entry);
      await emit({ kind: "step", ...entry });
      if (checkpoint && (done % every.checkpoint === 0 || done === steps)) await save(done);
      report(done, loss);
      // Lets Ctrl-C, timers and other work of the process in.
      await nextTurn();
    }
  } finally {
    stop.release();
    step.dispose();
  }
  times.sort((a, b) => a - b);
  return { history, best, stepMs: times[times.length >> 1], shapes: shapes.size };
}

/** Fixed batches of the validation data, about as many as show every sample once. */
function validationInputs({ validation, plan, dim }: TrainLoopParts): BatchInputs[] | undefined {
  if (!validation) return undefined;
  const { data, encoded, sampler, extras } = validation;
  const count = Math.min(validationBatches, Math.max(1, Math.ceil(sampler.batchesPerEpoch)));
  return Array.from({ length: count }, () =>
    batchInputs(usableBatch(sampler, plan.loss, data), data, encoded, dim, plan.loss.reads, extras),
  );
}

async function meanLoss(plan: StepPlan, state: TrainingState, batches: readonly BatchInputs[]): Promise<number> {
  let sum = 0;
  for (const inputs of batches) sum += await evaluationLoss(plan, state, inputs);
  return sum / batches.length;
}

function progressReporter({ onProgress, steps }: TrainLoopParts, from: number): (done: number, loss: number) => void {
  const started = performance.now();
  let last = Number.NEGATIVE_INFINITY;
  return (done, loss) => {
    const now = performance.now();
    if (!onProgress || (now - last < progressEveryMs && done < steps)) return;
    last = now;
    const left = ((now - started) / (done - from)) * (steps - done);
    onProgress({
      phase: "training",
      done,
      total: steps,
      unit: "steps",
      note: `loss ${loss.toPrecision(4)}, ${(left / 1000).toFixed(0)} s left`,
    });
  };
}

function aborted(reason: string, done: number, steps: number, path: string | undefined): AbortedError {
  const next = path
    ? `What it had learnt is in ${path}; run it again with \`resume: true\` to go on.`
    : "Give `checkpoint: { folder }` to be able to go on next time.";
  return new AbortedError(`Training ended after ${done} of ${steps} steps because ${reason}. ${next}`);
}

function nonFinite(
  plan: StepPlan,
  step: number,
  loss: number,
  norm: number,
  batches: readonly Batch[],
  path: string | undefined,
): NonFiniteError {
  const shown = (list: Uint32Array) => `${[...list.subarray(0, 8)].join(", ")}${list.length > 8 ? `, … (${list.length} in all)` : ""}`;
  const what = Number.isFinite(loss)
    ? `The gradient of loss "${plan.loss.name}" has length ${norm}`
    : `Loss "${plan.loss.name}" is ${loss}`;
  const where = batches.map(
    ({ rows, candidates }) => `${shown(rows)} of the data${candidates ? ` against rows ${shown(candidates)}` : ""}`,
  );
  const good = path ? `The last good checkpoint is ${path}.` : "No checkpoint was written yet.";
  return new NonFiniteError(
    `${what} at step ${step}, on rows ${where.join("; ")}. The weights are unchanged by this step. ${good} A lower learning rate or \`clipNorm: 1\` may help.`,
  );
}
