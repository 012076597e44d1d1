import type { EmbeddingCache, LabelPolicy } from "@quaterion/core";
import type { Head } from "@quaterion/core/training";
import { defaultHead, noHead } from "./default-head.js";
import { adamW } from "./optimizers/adam-w.js";
import type { Optimizer } from "./optimizers/optimizer.js";
import { type FitOptions, isTrainable } from "./options.js";
import { runCache } from "./run-cache.js";
import { linearSchedule, type Schedule } from "./schedules.js";

/** {@link FitOptions} with their defaults. */
export interface FitSettings<Value> extends FitOptions<Value> {
  readonly head: Head;
  readonly cache: EmbeddingCache;
  readonly policy: LabelPolicy;
  readonly labelsPerBatch: number;
  readonly samplesPerLabel: number;
  readonly learningRate: number;
  readonly encoderLearningRate: number;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly normalize: boolean;
  readonly engine: NonNullable<FitOptions<Value>["engine"]>;
  readonly seed: number;
}

/**
 * Fills in what was left out. Rate and number of steps were chosen on folds of few-shot training data (sentence vectors of 384 dimensions, one linear
 * head); those of a trained encoder are what fine-tuning of a transformer of 6 layers on such data does best with.
 */
export function fitSettings<Value>(options: FitOptions<Value>): FitSettings<Value> {
  const { encoder } = options;
  const trained = isTrainable(encoder);
  const { head = trained ? noHead : defaultHead, cache = runCache(), learningRate = 3e-4 } = options;
  const { encoderLearningRate = trained ? encoder.learningRate : learningRate } = options;
  const { labelsPerBatch = trained ? 24 : 64, samplesPerLabel = trained ? 3 : 4 } = options;
  const { optimizer = adamW(), schedule = linearSchedule(), normalize = true, engine = "auto", seed = 1 } = options;
  // Labels of two spaces have no class numbers in common, so nothing is gained by mixing them.
  const policy = options.loss.reads === "classes" ? "separate" : (options.policy ?? "schedule");
  const rates = { learningRate, encoderLearningRate };
  return { ...options, head, cache, policy, labelsPerBatch, samplesPerLabel, ...rates, optimizer, schedule, normalize, engine, seed };
}

/** Twenty passes over the data, six with a trained encoder, but not so few steps that a small set is hardly learnt, nor so many that a large one takes long. */
export function stepsOf({ steps, epochs }: Pick<FitOptions<never>, "steps" | "epochs">, batchesPerEpoch: number, trained: boolean): number {
  if (epochs !== undefined) return Math.ceil(epochs * batchesPerEpoch);
  return steps ?? Math.min(1000, Math.max(100, Math.ceil((trained ? 6 : 20) * batchesPerEpoch)));
}
