import { encodeCached, IncompatibleError, Random, type TrainingData } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { batchInputs } from "./batch-inputs.js";
import { type Checkpoint, checkSameRun, readCheckpoint } from "./checkpoint.js";
import { chooseEngine, type EngineChoice } from "./choose-engine.js";
import { defaultHead } from "./default-head.js";
import { type Engine, startEngine } from "./engine.js";
import { emitter } from "./events.js";
import { initialState } from "./initial-state.js";
import { adamW } from "./optimizers/adam-w.js";
import { checkFitOptions, type FitOptions } from "./options.js";
import type { FitReport, HistoryStep } from "./report.js";
import { runCache } from "./run-cache.js";
import { runFacts } from "./run-facts.js";
import { linearSchedule } from "./schedules.js";
import { trainingStep } from "./step.js";
import { trainLoop } from "./train-loop.js";
import { type TrainedModel, trainedModel } from "./trained-model.js";
import { TrainingState } from "./training-state.js";
import { usableBatch } from "./usable-batch.js";

/** What {@link fit} returns. */
export interface FitResult<Value> {
  readonly model: TrainedModel<Value>;
  readonly history: readonly HistoryStep[];
  readonly report: FitReport;
}

/** Steps timed on each engine, after one that the engine may compile. */
const timedSteps = 3;

/**
 * Trains a head on a frozen encoder's vectors.
 *
 * Values are encoded once, through the cache. Each step draws a batch, reads its rows, and lets the optimizer follow the gradient of
 * loss(normalise(head(vectors))). The same data, seed, engine, threads and versions give the same bytes of weights.
 * @throws {InvalidArgumentError} when an option is wrong, or the loss needs what the data does not have (before any encoding)
 * @throws {NonFiniteError} when the encoder, the loss or its gradient gives NaN or infinity; the weights stay as they were
 * @throws {AbortedError} when `signal` or Ctrl-C ended the run; the message says how to go on
 * @throws {IncompatibleError} when `resume` finds the checkpoint of another run
 */
export async function fit<Value>(options: FitOptions<Value>): Promise<FitResult<Value>> {
  checkFitOptions(options);
  const started = performance.now();
  const { data, encoder, loss, checkpoint, signal, onProgress, validation, threads } = options;
  const { head = defaultHead, cache = runCache(), learningRate = 1e-3, normalize = true, seed = 1 } = options;
  const { optimizer = adamW(), schedule = linearSchedule(), labelsPerBatch = 64, samplesPerLabel = 4, clipNorm } = options;
  const policy = loss.reads === "classes" ? "separate" : (options.policy ?? "schedule");
  const random = new Random(seed);
  const samplerOf = (from: TrainingData<Value>, name: string) => {
    const own = random.fork(name);
    return { random: own, sampler: from.sampler({ policy, labelsPerBatch, samplesPerLabel, random: own }) };
  };
  const initial = initialState(head, loss, data, encoder.dim, random);
  const { random: samplerRandom, sampler } = samplerOf(data, "sampler");
  const steps = stepsOf(options, sampler.batchesPerEpoch);

  const encoded = await encodeCached(encoder, cache, data.values, { signal, onProgress });
  const heldOut = validation && (await encodeCached(encoder, cache, validation.values, { signal, onProgress }));
  const encodedAt = performance.now();

  const run = runFacts(
    { ...options, head, loss, policy, steps, labelsPerBatch, samplesPerLabel, learningRate, optimizer, schedule, normalize, seed },
    encoded.vectors,
  );
  const resumed = options.resume ? await readCheckpoint(checkpoint!.folder) : undefined;
  if (resumed) checkSameRun(resumed.path, resumed.checkpoint.run, run);

  const stepRandom = random.fork("steps");
  const plan = { head, loss, optimizer, normalize, clipNorm, random: stepRandom };
  const backendBefore = tf.getBackend();
  let state: TrainingState | undefined;
  try {
    const time = async (engine: Engine) => {
      const inputs = batchInputs(
        usableBatch(samplerOf(data, "sampler").sampler, loss, data),
        data,
        encoded.vectors,
        encoder.dim,
        loss.reads,
      );
      return timeSteps(
        engine,
        () => new TrainingState(initial, optimizer),
        (trial) => trainingStep({ ...plan, random: new Random(0) }, trial, inputs, learningRate),
      );
    };
    const wanted = options.engine ?? "auto";
    const size = `${head.name} ${encoder.dim} ${labelsPerBatch}x${samplesPerLabel} ${loss.name}`;
    const { engine, reason } = resumed
      ? await pinnedEngine(resumed.checkpoint, wanted, threads)
      : await chooseEngine({ wanted, threads, time, size });
    const engineAt = performance.now();
    await engine.use();
    state = new TrainingState(initial, optimizer);
    const emit = emitter(options.logger, options.callbacks);
    await emit({
      kind: "start",
      samples: data.values.length,
      steps,
      engine: engine.name,
      engineReason: reason,
      resumedFrom: resumed?.checkpoint.step ?? 0,
    });

    const outcome = await trainLoop({
      plan,
      state,
      engine,
      schedule,
      learningRate,
      steps,
      sampler,
      samplerRandom,
      data,
      vectors: encoded.vectors,
      dim: encoder.dim,
      validation: validation &&
        heldOut && { data: validation, vectors: heldOut.vectors, sampler: samplerOf(validation, "validation").sampler },
      checkpoint,
      resumed: resumed?.checkpoint,
      run,
      signal,
      onProgress,
      emit,
    });

    const weights = outcome.best?.head ?? (await state.headValues());
    const ended = performance.now();
    const report: FitReport = {
      engine: engine.name,
      engineReason: reason,
      threads: engine.threads,
      seed,
      steps,
      resumedFrom: resumed?.checkpoint.step ?? 0,
      samples: data.values.length,
      seconds: {
        encoding: (encodedAt - started) / 1000,
        engine: (engineAt - encodedAt) / 1000,
        training: (ended - engineAt) / 1000,
        total: (ended - started) / 1000,
      },
      stepMs: outcome.stepMs,
      shapes: outcome.shapes,
      cache: {
        location: (await cache.stats()).location,
        hits: encoded.hits + (heldOut?.hits ?? 0),
        misses: encoded.misses + (heldOut?.misses ?? 0),
      },
      firstLoss: outcome.history[0]?.loss,
      lastLoss: outcome.history.at(-1)?.loss,
      bestStep: outcome.best?.step,
    };
    const model = trainedModel({
      encoder,
      cache,
      head,
      weights,
      normalized: normalize,
      engine,
      spaces: data.spaces.map(({ name, labels }) => ({ name, labels })),
      relations: data.relations.toJSON(),
      training: {
        ...run,
        samples: data.values.length,
        engine: engine.name,
        threads: engine.threads ?? null,
        versions: { node: process.version, "tfjs-core": tf.version_core },
      },
    });
    await emit({ kind: "end", report });
    return { model, history: outcome.history, report };
  } finally {
    state?.dispose();
    if (backendBefore) await tf.setBackend(backendBefore);
  }
}

/** Twenty passes over the data, but not so few steps that a small set is hardly learnt, nor so many that a large one takes long. */
function stepsOf({ steps, epochs }: Pick<FitOptions<never>, "steps" | "epochs">, batchesPerEpoch: number): number {
  if (epochs !== undefined) return Math.ceil(epochs * batchesPerEpoch);
  return steps ?? Math.min(1000, Math.max(100, 20 * batchesPerEpoch));
}

async function timeSteps(engine: Engine, make: () => TrainingState, step: (state: TrainingState) => Promise<unknown>): Promise<number> {
  await engine.use();
  const state = make();
  try {
    await step(state);
    const times: number[] = [];
    for (let i = 0; i < timedSteps; i++) {
      const started = performance.now();
      await step(state);
      times.push(performance.now() - started);
    }
    return times.sort((a, b) => a - b)[timedSteps >> 1]!;
  } finally {
    state.dispose();
  }
}

/** A run that goes on stays on its engine: another one rounds differently. */
async function pinnedEngine({ engine }: Checkpoint, wanted: string, threads: number | undefined): Promise<EngineChoice> {
  if ((wanted !== "auto" && wanted !== engine.name) || (threads !== undefined && engine.threads !== null && threads !== engine.threads)) {
    throw new IncompatibleError(
      `\`fit.resume\` can't go on with engine "${wanted}" and ${threads ?? "default"} threads: the checkpoint was written with engine "${engine.name}" and ${engine.threads ?? "default"} threads. Leave \`engine\` and \`threads\` out, or begin anew in another checkpoint folder.`,
    );
  }
  return { engine: await startEngine(engine.name, engine.threads ?? undefined), reason: "the one that the checkpoint was written with" };
}
