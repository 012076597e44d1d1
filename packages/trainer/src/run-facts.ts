import type { Json, LabelPolicy, TrainingData } from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";
import type { Head, Loss } from "@quaterion/core/training";
import type { Optimizer } from "./optimizers/optimizer.js";
import type { FitOptions } from "./options.js";
import type { ParameterGroups } from "./parameter-groups.js";
import type { Schedule } from "./schedules/schedule.js";

/** Options of a run, with their defaults filled in. */
type Filled = Pick<FitOptions<never>, "clipNorm" | "clipValue" | "groups" | "memory" | "gradientCache" | "evaluateEvery" | "best"> & {
  readonly data: TrainingData<unknown>;
  readonly encoder: { readonly name: string; readonly fingerprint: string; readonly config?: Json };
  readonly guide?: { readonly fingerprint: string };
  readonly head: Head;
  readonly loss: Loss;
  readonly policy: LabelPolicy;
  readonly steps: number;
  readonly labelsPerBatch: number;
  readonly samplesPerLabel: number;
  readonly learningRate: number;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly normalize: boolean;
  readonly accumulate: number;
  readonly seed: number;
};

/** What decides the weights of a run, beside engine and versions: kept with checkpoints, compared on resume, and written to the model. */
export function runFacts(options: Filled, values: Uint8Array): Record<string, Json> {
  const { data, encoder, head, loss, optimizer, schedule } = options;
  return {
    encoder: encoder.fingerprint,
    ...(encoder.config !== undefined && { train: encoder.config }),
    ...(options.guide && { guide: options.guide.fingerprint }),
    data: dataDigest(data, values),
    head: { name: head.name, config: head.config },
    loss: { name: loss.name, config: loss.config ?? null },
    reducer: loss.reducer?.name ?? null,
    policy: options.policy,
    steps: options.steps,
    labelsPerBatch: options.labelsPerBatch,
    samplesPerLabel: options.samplesPerLabel,
    learningRate: options.learningRate,
    optimizer: { name: optimizer.name, config: optimizer.config },
    schedule: { name: schedule.name, config: schedule.config },
    normalize: options.normalize,
    clipNorm: (options.clipNorm ?? null) as Json,
    clipValue: options.clipValue ?? null,
    groups: groupFacts(options.groups),
    accumulate: options.accumulate,
    evaluateEvery: options.evaluateEvery ?? null,
    best: options.best ? { ...options.best } : null,
    gradientCache: options.gradientCache ? { ...options.gradientCache } : null,
    memory: options.memory ? { ...options.memory } : null,
    seed: options.seed,
  };
}

function groupFacts(groups: ParameterGroups = {}): Json {
  return Object.fromEntries(
    Object.entries(groups).map(([name, { learningRate, optimizer }]) => [
      name,
      { learningRate: learningRate ?? null, optimizer: optimizer ? { name: optimizer.name, config: optimizer.config } : null },
    ]),
  );
}

/** Digest of what is learned from: values (a frozen encoder's vectors), labels and weights of each row, given pairs with all that is known of them, and how all is drawn. */
function dataDigest(data: TrainingData<unknown>, values: Uint8Array): string {
  const rows = Uint32Array.from(data.values.keys());
  const bytes = ({ buffer, byteOffset, byteLength }: Int32Array | Float32Array) => new Uint8Array(buffer, byteOffset, byteLength);
  return sha256(
    values,
    ...data.spaces.map(({ name }) => bytes(data.classesOf(name, rows))),
    ...(data.weights ? [bytes(data.weights)] : []),
    JSON.stringify([
      data.spaces.map(({ name, labels }) => [name, labels]),
      data.pairs ?? [],
      data.pairClasses ?? [],
      data.sampling ?? null,
    ]),
  );
}
