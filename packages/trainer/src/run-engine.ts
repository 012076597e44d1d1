import { type Batch, IncompatibleError } from "@quaterion/core";
import type { Checkpoint } from "./checkpoint.js";
import { chooseEngine, type EngineChoice } from "./choose-engine.js";
import { type Engine, startEngine } from "./engine.js";
import { type RunStepParts, runStep } from "./run-step.js";
import type { FitSettings } from "./settings.js";
import type { TrainingState } from "./training-state.js";

/** Steps that an engine may take to compile, and those timed after them. */
const untimedSteps = 2;
const timedSteps = 3;

type EngineSettings = Pick<
  FitSettings<never>,
  "engine" | "threads" | "head" | "loss" | "labelsPerBatch" | "samplesPerLabel" | "learningRate"
>;

/** What an engine is tried with: this run's own step, on a state of its own. */
export interface EngineTrial {
  readonly step: RunStepParts;
  readonly makeState: () => TrainingState;
  readonly makeBatch: () => Batch;
}

/**
 * The engine of a run: the one its checkpoint was written with, the one asked for, or the fastest.
 * @throws {IncompatibleError} when a run that goes on asks for another engine than its checkpoint's
 */
export async function runEngine(settings: EngineSettings, resumed: Checkpoint | undefined, trial: EngineTrial): Promise<EngineChoice> {
  if (resumed) return pinnedEngine(resumed, settings);
  const { engine, threads, head, loss, labelsPerBatch, samplesPerLabel, learningRate } = settings;
  return chooseEngine({
    wanted: engine,
    threads,
    size: `${head.name} ${trial.step.dim} ${labelsPerBatch}x${samplesPerLabel} ${loss.name}`,
    time: (candidate) => timeSteps(candidate, trial, learningRate),
  });
}

async function timeSteps(engine: Engine, { step: parts, makeState, makeBatch }: EngineTrial, learningRate: number): Promise<number> {
  await engine.use();
  const batches = [makeBatch()];
  const state = makeState();
  const step = runStep({ ...parts, accumulate: 1 }, state, engine.compile);
  try {
    for (let i = 0; i < untimedSteps; i++) await step.run(batches, learningRate, 0);
    const times: number[] = [];
    for (let i = 0; i < timedSteps; i++) {
      const started = performance.now();
      await step.run(batches, learningRate, 0);
      times.push(performance.now() - started);
    }
    return times.sort((a, b) => a - b)[timedSteps >> 1]!;
  } finally {
    step.dispose();
    state.dispose();
  }
}

/** A run that goes on stays on its engine: another one rounds differently. */
async function pinnedEngine({ engine }: Checkpoint, { engine: wanted, threads }: EngineSettings): Promise<EngineChoice> {
  if ((wanted !== "auto" && wanted !== engine.name) || (threads !== undefined && engine.threads !== null && threads !== engine.threads)) {
    throw new IncompatibleError(
      `\`fit.resume\` can't go on with engine "${wanted}" and ${threads ?? "default"} threads: the checkpoint was written with engine "${engine.name}" and ${engine.threads ?? "default"} threads. Leave \`engine\` and \`threads\` out, or begin anew in another checkpoint folder.`,
    );
  }
  return { engine: await startEngine(engine.name, engine.threads ?? undefined), reason: "the one that the checkpoint was written with" };
}
