import type { EmbeddingCache, LabelPolicy } from "@quaterion/core";
import type { Head } from "@quaterion/core/training";
import { defaultHead, noHead } from "./default-head.js";
import { adamW } from "./optimizers/adam-w.js";
import { averaged } from "./optimizers/averaged.js";
import { keyed } from "./optimizers/keyed.js";
import type { Optimizer } from "./optimizers/optimizer.js";
import { type FitOptions, isTrainable } from "./options.js";
import type { ParameterGroups } from "./parameter-groups.js";
import { runCache } from "./run-cache.js";
import { linearSchedule } from "./schedules/linear-schedule.js";
import type { Schedule } from "./schedules/schedule.js";

/** {@link FitOptions} with their defaults. */
export interface FitSettings<Value> extends FitOptions<Value> {
  readonly head: Head;
  readonly cache: EmbeddingCache;
  readonly policy: LabelPolicy;
  readonly labelsPerBatch: number;
  readonly samplesPerLabel: number;
  readonly learningRate: number;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly normalize: boolean;
  readonly engine: NonNullable<FitOptions<Value>["engine"]>;
  readonly accumulate: number;
  readonly seed: number;
}

/**
 * Fills in what was left out. Rate and number of steps were chosen on folds of few-shot training data (sentence vectors of 384 dimensions, one linear
 * head); those of a trained encoder are what fine-tuning of a transformer of 6 layers on such data does best with.
 */
export function fitSettings<Value>(options: FitOptions<Value>): FitSettings<Value> {
  const { encoder } = options;
  const trained = isTrainable(encoder) ? encoder : undefined;
  const { head = trained ? noHead : defaultHead, cache = runCache(), learningRate = 3e-4 } = options;
  const { labelsPerBatch = trained ? 24 : 64, samplesPerLabel = trained ? 3 : 4 } = options;
  const { optimizer: given = adamW(), ema, accumulate = 1 } = options;
  const momentum = options.memory?.momentum;
  const averaging = (own: Optimizer) => {
    const optimizer = momentum === undefined ? own : keyed(own, momentum);
    return ema === undefined ? optimizer : averaged(optimizer, ema);
  };
  const optimizer = averaging(given);
  const { schedule = linearSchedule(), normalize = true, engine = "auto", seed = 1 } = options;
  // Labels of two spaces have no class numbers in common, so nothing is gained by mixing them.
  const policy = options.loss.reads === "classes" ? "separate" : (options.policy ?? "schedule");
  const groups: ParameterGroups = trained
    ? { ...options.groups, encoder: { learningRate: trained.learningRate, ...options.groups?.encoder } }
    : { ...options.groups };
  const ownOptimizers = Object.entries(groups).map(([name, group]) => [
    name,
    { ...group, ...(group?.optimizer && { optimizer: averaging(group.optimizer) }) },
  ]);
  return {
    ...options,
    ...{ head, cache, policy, labelsPerBatch, samplesPerLabel, learningRate, optimizer, schedule, normalize, engine, accumulate, seed },
    groups: Object.fromEntries(ownOptimizers),
  };
}

/** Twenty passes over the data, six with a trained encoder, but not so few steps that a small set is hardly learnt, nor so many that a large one takes long. */
export function stepsOf({ steps, epochs }: Pick<FitOptions<never>, "steps" | "epochs">, batchesPerEpoch: number, trained: boolean): number {
  if (epochs !== undefined) return Math.ceil(epochs * batchesPerEpoch);
  return steps ?? Math.min(1000, Math.max(100, Math.ceil((trained ? 6 : 20) * batchesPerEpoch)));
}
