import { encodeCached, Random, type TrainingData } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import type { GuideVectors } from "./batch-inputs.js";
import { checkFitOptions } from "./check-fit-options.js";
import { checkSameRun, readCheckpoint, refuseUsedFolder } from "./checkpoint.js";
import { encoderSource } from "./encoder-source.js";
import type { Engine } from "./engine.js";
import { checkEngine } from "./engine-problem.js";
import { estimateMemory } from "./estimate-memory.js";
import { emitter } from "./events.js";
import { initialState } from "./initial-state.js";
import { lossNeeds } from "./loss-needs.js";
import { type FitOptions, isTrainable } from "./options.js";
import { trainingOf } from "./parameter-groups.js";
import type { FitReport, HistoryStep } from "./report.js";
import { runEngine } from "./run-engine.js";
import { runFacts } from "./run-facts.js";
import { fitSettings, stepsOf } from "./settings.js";
import { trainLoop } from "./train-loop.js";
import { type TrainedModel, trainedModel } from "./trained-model.js";
import { type InitialEncoder, type ModelWeights, TrainingState } from "./training-state.js";
import { usableBatch } from "./usable-batch.js";

/** What {@link fit} returns. */
export interface FitResult<Value> {
  readonly model: TrainedModel<Value>;
  readonly history: readonly HistoryStep[];
  readonly report: FitReport;
}

/**
 * Trains a head on a frozen encoder's vectors, or the encoder itself with a head on top.
 *
 * A frozen encoder encodes the values once, through the cache; one that is trained encodes each batch anew. Each step draws a batch, reads its rows, and
 * lets the optimizer follow the gradient of loss(normalise(head(vectors))). The same data, seed, engine, threads and versions give the same bytes of weights.
 * @throws {InvalidArgumentError} when an option is wrong, the loss needs what the data does not have, or the checkpoint folder is another run's (before any encoding)
 * @throws {NotFoundError} when the engine asked for does not start here (before any encoding)
 * @throws {NonFiniteError} when the encoder, the loss or its gradient gives NaN or infinity; the weights stay as they were
 * @throws {AbortedError} when `signal` or Ctrl-C ended the run; the message says how to go on
 * @throws {IncompatibleError} when `resume` finds the checkpoint of another run
 */
export async function fit<Value>(options: FitOptions<Value>): Promise<FitResult<Value>> {
  checkFitOptions(options);
  const started = performance.now();
  const settings = fitSettings(options);
  const { data, guide, head, loss, cache, validation, checkpoint, normalize, clipNorm, clipValue, seed, signal, onProgress } = settings;
  const { policy, labelsPerBatch, samplesPerLabel } = settings;
  if (checkpoint && !settings.resume) await refuseUsedFolder(checkpoint.folder);
  await checkEngine(settings.engine, settings.threads);
  const random = new Random(seed);
  const samplerOf = (from: TrainingData<Value>, random: Random) => from.sampler({ policy, labelsPerBatch, samplesPerLabel, random });
  const samplerRandom = random.fork("sampler");
  const sampler = samplerOf(data, samplerRandom);
  const steps = stepsOf(options, sampler.batchesPerEpoch / settings.accumulate, isTrainable(options.encoder));
  const firstWeights = (encoder?: InitialEncoder) => initialState(head, loss, data, options.encoder.dim, random, encoder);
  if (!isTrainable(options.encoder)) firstWeights(); // so that a head that can't be is told before encoding

  const source = await encoderSource(settings);
  const { dim, rowSize } = source;
  const initial = firstWeights(source.initial(random.fork("encoder")));
  const guideVectors = async (values: readonly Value[] | undefined): Promise<GuideVectors | undefined> =>
    guide && values && { vectors: (await encodeCached(guide, cache, values, { signal, onProgress })).vectors, dim: guide.dim };
  const [ownNegatives, mostSimilar] = (["ownNegatives", "mostSimilar"] as const).map((need) => lossNeeds(loss).includes(need));
  const told = { ownNegatives, mostSimilar, source: loss.ofParts !== undefined };
  const extras = { guide: await guideVectors(data.values), ...told };
  const validationExtras = { guide: await guideVectors(validation?.values), ...told };
  const encodedAt = performance.now();

  const run = runFacts({ ...settings, steps }, source.digest);
  const resumed = options.resume ? await readCheckpoint(checkpoint!.folder) : undefined;
  if (resumed) checkSameRun(resumed.path, resumed.checkpoint.run, run);
  const resumedFrom = resumed?.checkpoint.step ?? 0;

  const plan = {
    encoder: source.trained,
    ...{ head, loss, normalize, clipNorm, clipValue },
    embeddings: settings.memory !== undefined && settings.memory.momentum === undefined,
    random: random.fork("steps"),
  };
  const training = trainingOf(settings.optimizer, settings.learningRate, settings.groups);
  const backendBefore = tf.getBackend();
  let state: TrainingState | undefined;
  let used: Engine | undefined;
  try {
    const trial = { ...plan, random: random.fork("trial") };
    const { engine, reason: engineReason } = await runEngine(settings, resumed?.checkpoint, {
      step: { ...settings, plan: trial, encoded: source.rows(trial.random), stillRows: source.rows(), rowSize, dim, extras, steps },
      makeState: () => new TrainingState(initial, training),
      makeBatch: () => usableBatch(samplerOf(data, random.fork("trial")), loss, data),
    });
    const engineAt = performance.now();
    await engine.use();
    used = engine;
    const current = new TrainingState(initial, training);
    state = current;
    const emit = emitter(options.logger, options.callbacks);
    await emit({
      kind: "start",
      samples: data.values.length,
      steps,
      engine: engine.name,
      engineReason,
      resumedFrom,
      history: resumed?.checkpoint.history ?? [],
      spaces: data.spaces.map(({ name, labels, rows }) => ({ name, labels: labels.length, samples: rows.length })),
      run,
      memoryBytes: estimateMemory({ ...options, encoder: source.trained ?? options.encoder }).total,
    });

    const modelOf = async (weights: ModelWeights): Promise<TrainedModel<Value>> =>
      trainedModel({
        encoder: await source.finish(weights),
        encoderTrained: source.trained !== undefined,
        cache,
        head,
        weights: weights.head,
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
    const { evaluate } = settings;

    const outcome = await trainLoop({
      ...settings,
      plan,
      state: current,
      engine,
      steps,
      sampler,
      samplerRandom,
      encoded: source.rows(plan.random),
      stillRows: source.rows(),
      rowSize,
      dim,
      extras,
      validation: validation && {
        data: validation,
        encoded: source.heldOutRows(),
        extras: validationExtras,
        sampler: samplerOf(validation, random.fork("validation")),
      },
      judge: evaluate && (async () => evaluate(await modelOf(await current.modelValues()))),
      resumed: resumed?.checkpoint,
      run,
      emit,
    });

    const weights = outcome.best?.weights ?? (await current.modelValues());
    const ended = performance.now();
    const seconds = (from: number, to: number) => (to - from) / 1000;
    const report: FitReport = {
      engine: engine.name,
      engineReason,
      threads: engine.threads,
      seed,
      steps: outcome.history.length,
      endedBy: outcome.endedBy,
      resumedFrom,
      samples: data.values.length,
      seconds: {
        encoding: seconds(started, encodedAt),
        engine: seconds(encodedAt, engineAt),
        training: seconds(engineAt, ended),
        total: seconds(started, ended),
      },
      stepMs: outcome.stepMs,
      shapes: outcome.shapes,
      cache: {
        location: cache.location ?? (await cache.stats()).location,
        hits: source.hits,
        misses: source.misses,
      },
      firstLoss: outcome.history[0]?.loss,
      lastLoss: outcome.history.at(-1)?.loss,
      bestStep: outcome.best?.step,
      best: outcome.best && { metric: outcome.best.metric, value: outcome.best.value },
    };
    const model = await modelOf(weights);
    await emit({ kind: "end", report, history: outcome.history });
    return { model, history: outcome.history, report };
  } finally {
    state?.dispose();
    used?.tidy();
    if (backendBefore) await tf.setBackend(backendBefore);
  }
}
