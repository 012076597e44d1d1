import { setImmediate as nextTurn } from "node:timers/promises";
import { AbortedError, type Batch, type Json, NonFiniteError, type OnProgress, type Random, type Sampler } from "@quaterion/core";
import type { BestWeights, Checkpoint } from "./checkpoint.js";
import { type CheckpointOptions, Checkpoints } from "./checkpoints.js";
import { type EarlyStopping, type EndedBy, hasStopped } from "./ending.js";
import type { Engine } from "./engine.js";
import { type EvaluationParts, Evaluations } from "./evaluations.js";
import type { FitEvent } from "./events.js";
import { interruption } from "./interruption.js";
import type { ParameterGroups } from "./parameter-groups.js";
import { progressReporter } from "./progress-reporter.js";
import type { HistoryStep } from "./report.js";
import { type RunStepParts, runStep } from "./run-step.js";
import type { Schedule } from "./schedules/schedule.js";
import type { StepPlan } from "./step.js";
import type { TrainingState } from "./training-state.js";
import { usableBatch } from "./usable-batch.js";

/** Everything a run's loop works with. */
export interface TrainLoopParts extends RunStepParts, Pick<EvaluationParts, "validation" | "judge" | "evaluateEvery" | "best"> {
  readonly state: TrainingState;
  readonly engine: Engine;
  readonly schedule: Schedule;
  readonly learningRate: number;
  readonly groups?: ParameterGroups;
  readonly sampler: Sampler;
  readonly samplerRandom: Random;
  readonly earlyStopping?: EarlyStopping;
  readonly maxMinutes?: number;
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
  readonly endedBy: EndedBy;
  readonly stepMs: number | undefined;
  readonly shapes: number;
}

/** Runs the steps: from the beginning, or from a checkpoint as if it had not stopped. */
export async function trainLoop(parts: TrainLoopParts): Promise<TrainLoopOutcome> {
  const { plan, state, engine, steps, sampler, samplerRandom, resumed, emit } = parts;
  const history: HistoryStep[] = [...(resumed?.history ?? [])];
  const times: number[] = [];
  const shapes = new Set<string>();
  const step = runStep(parts, state, engine.compile);
  const evaluations = await Evaluations.of(parts, { history, best: resumed?.best });
  const checkpoints = new Checkpoints(parts.checkpoint, () => checkpointNow(), emit);
  const checkpointNow = async (): Promise<Checkpoint> => ({
    step: history.length,
    state: await state.snapshot(),
    memory: step.memory(),
    sampler: sampler.state(),
    random: { sampler: samplerRandom.state(), steps: plan.random.state() },
    engine: { name: engine.name, threads: engine.threads ?? null },
    history,
    best: evaluations.best,
    run: parts.run,
  });
  if (resumed) {
    state.restore(resumed.state);
    sampler.restore(resumed.sampler);
    samplerRandom.restore(resumed.random.sampler);
    plan.random.restore(resumed.random.steps);
    step.restore(resumed.memory);
  }
  const report = progressReporter(parts);
  const stop = interruption(parts.signal, parts.checkpoint !== undefined);
  const ending = endingOf(parts, evaluations);
  let endedBy = ending(history.length);
  try {
    while (endedBy === undefined) {
      const done = history.length;
      if (stop.reason) throw aborted(stop.reason, done, steps, await lastSave(checkpoints, done), checkpoints.lastPath);
      const started = performance.now();
      const undraw = parts.gradientCache && drawsOf(parts);
      const batches = Array.from({ length: parts.accumulate }, () => usableBatch(sampler, plan.loss, parts.data));
      const within = async (share: number): Promise<void> => {
        report.within(done, share);
        await nextTurn();
        if (stop.reason) throw stoppedWithin;
      };
      const learningRate = parts.learningRate * parts.schedule.factor(done, steps, evaluations.watched);
      await engine.use();
      const result = await step.run(batches, learningRate, done, within).catch((error: unknown) => {
        if (error !== stoppedWithin) throw error;
        undraw?.();
      });
      if (result === undefined) continue;
      const { loss, parts: lossParts, gradientNorm, finite, shape } = result;
      if (!finite) throw nonFinite(plan, done + 1, loss, gradientNorm, batches, checkpoints.lastPath);
      if (shapes.has(shape)) times.push(performance.now() - started);
      shapes.add(shape);

      let entry: HistoryStep = { step: done + 1, loss, ...(lossParts && { parts: lossParts }), learningRate, gradientNorm };
      endedBy = ending(done + 1);
      if (evaluations.due(done + 1, endedBy !== undefined)) {
        const { better, ...seen } = await evaluations.look(done + 1);
        entry = { ...entry, ...seen };
        await emit({ kind: "validation", step: done + 1, loss: seen.validationLoss, metrics: seen.metrics, best: better });
        endedBy ??= ending(done + 1);
      }
      history.push(entry);
      await emit({ kind: "step", ...entry });
      await checkpoints.afterStep(done + 1, endedBy !== undefined);
      report.step(entry, samplesOf(batches), endedBy !== undefined);
      // Lets Ctrl-C, timers and other work of the process in.
      await nextTurn();
    }
  } finally {
    stop.release();
    step.dispose();
  }
  times.sort((a, b) => a - b);
  return { history, best: evaluations.best, endedBy, stepMs: times[times.length >> 1], shapes: shapes.size };
}

/** What a step ends with that was asked to end within. */
const stoppedWithin = new Error("stopped within a step");

/** @returns what takes back all that was drawn since, so that a step that was not made can be made again */
function drawsOf({ sampler, samplerRandom, plan }: TrainLoopParts): () => void {
  const drawn = [sampler.state(), samplerRandom.state(), plan.random.state()] as const;
  return () => {
    sampler.restore(drawn[0]);
    samplerRandom.restore(drawn[1]);
    plan.random.restore(drawn[2]);
  };
}

/** Why a run ends after so many steps; undefined where it goes on. */
function endingOf({ steps, maxMinutes, earlyStopping }: TrainLoopParts, evaluations: Evaluations): (done: number) => EndedBy | undefined {
  const started = performance.now();
  return (done) => {
    if (done >= steps) return "steps";
    if (earlyStopping && evaluations.watched && hasStopped(earlyStopping, evaluations.watched)) return "earlyStopping";
    return maxMinutes !== undefined && performance.now() - started >= maxMinutes * 60_000 ? "time" : undefined;
  };
}

function samplesOf(batches: readonly Batch[]): number {
  return batches.reduce((sum, { rows, candidates }) => sum + rows.length + (candidates?.length ?? 0), 0);
}

/** Saves before a run is given up; where that fails, the run still ends as it was asked to. @returns the folder, or what went wrong */
async function lastSave(checkpoints: Checkpoints, done: number): Promise<string | undefined | Error> {
  return checkpoints.save(done).catch((error: Error) => error);
}

function aborted(
  reason: string,
  done: number,
  steps: number,
  saved: string | undefined | Error,
  lastGood: string | undefined,
): AbortedError {
  const ended = `Training ended after ${done} of ${steps} steps because ${reason}.`;
  if (saved instanceof Error) {
    const good = lastGood ? `The last good checkpoint is ${lastGood}.` : "No checkpoint was written before.";
    return new AbortedError(`${ended} What it had learnt could not be saved: ${saved.message} ${good}`, { cause: saved });
  }
  const next = saved
    ? `What it had learnt is in ${saved}; run it again with \`resume: true\` to go on.`
    : "Give `checkpoint: { folder }` to be able to go on next time.";
  return new AbortedError(`${ended} ${next}`);
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
