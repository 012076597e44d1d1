import type { TrainingData } from "@quaterion/core";
import { positiveInteger, Random, reject } from "@quaterion/core";
import type { TrainableEncoder } from "@quaterion/core/training";
import { defaultHead, noHead } from "./default-head.js";
import { anchorBlocks, chunkRows } from "./gradient-cache/cache-sizes.js";
import { adamW } from "./optimizers/adam-w.js";
import { averaged } from "./optimizers/averaged.js";
import { keyed } from "./optimizers/keyed.js";
import { type FitOptions, isTrainable } from "./options.js";

/** Bytes that a run will take, by what takes them. An estimate: it counts the large arrays, not the runtime. */
export interface MemoryEstimate {
  /** The vectors of all samples, where the encoder is frozen, and those of a guide. */
  readonly vectors: number;
  /** Weights of head, loss and a trained encoder, the optimizer's tensors, and the copies that guard a step. */
  readonly weights: number;
  /** One step: vectors, embeddings, masks, similarities and what their gradients keep. */
  readonly step: number;
  readonly total: number;
}

/** Options of {@link estimateMemory}: those of {@link fit} that decide it. */
export type EstimateMemoryOptions = Pick<
  FitOptions<never>,
  "head" | "loss" | "optimizer" | "ema" | "accumulate" | "memory" | "gradientCache" | "labelsPerBatch" | "samplesPerLabel"
> & {
  readonly data: Pick<TrainingData<unknown>, "values" | "spaces" | "pairClasses">;
  readonly encoder: { readonly dim: number } | TrainableEncoder<never>;
  readonly guide?: { readonly dim: number };
};

/** Arrays of the batch's size that a step keeps for its gradients, as met in practice with the losses of `@quaterion/losses`. */
const rowArrays = 8;
const pairArrays = 10;

/**
 * How much memory {@link fit} would take, before it is called. It refuses no run for its size.
 * @throws {InvalidArgumentError} when data, encoder or loss are none
 */
export function estimateMemory(options: EstimateMemoryOptions): MemoryEstimate {
  if (typeof options !== "object" || options === null) reject("estimateMemory", "given the options of `fit`", options);
  if (!Array.isArray(options.data?.values)) reject("estimateMemory.data", "training data (made by `labeled`, `pairs`, …)", options.data);
  positiveInteger(options.encoder?.dim, "estimateMemory.encoder.dim");
  if (!options.loss?.reads) reject("estimateMemory.loss", "a loss (made by `supervisedContrastive`, …)", options.loss);
  const { data, encoder, loss, optimizer = adamW(), ema, accumulate = 1, gradientCache } = options;
  const trained = trainedEncoder(encoder);
  const { head = trained ? noHead : defaultHead, labelsPerBatch = trained ? 24 : 64, samplesPerLabel = trained ? 3 : 4 } = options;
  const momentum = options.memory?.momentum;
  const followed = momentum === undefined ? optimizer : keyed(optimizer, momentum);
  const kept = ema === undefined ? followed : averaged(followed, ema);
  const random = new Random(0);
  const dim = head.dim(encoder.dim);
  const spaces = loss.reads === "classes" ? data.spaces.map(({ labels }) => labels.length) : [data.pairClasses?.length ?? 0];
  const learned = [
    trained?.weights(random) ?? {},
    head.weights(encoder.dim, random),
    ...spaces.map((classes) => loss.parameters?.({ dim, classes }, random) ?? {}),
  ];
  const batch = Math.min(labelsPerBatch * samplesPerLabel, data.values.length);
  const slots = (options.memory?.size ?? 0) * Math.max(1, data.spaces.length);
  const columns = loss.reads === "relations" ? batch + slots : loss.reads === "classes" ? Math.max(...spaces) : 1;
  const bytes = 4;
  const guideDim = options.guide?.dim ?? 0;
  const vectors = data.values.length * ((trained ? 0 : encoder.dim) + guideDim) * bytes;
  // The weight, its slots, the gradient and sums of gradients; weight and slots once more while a step runs.
  const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
  const numbersFor = ({ shape }: { readonly shape: readonly number[] }) => {
    const keptNumbers = Object.values(kept.slots(shape)).reduce((sum, slot) => sum + sizeOf(slot), 0);
    return 2 * (sizeOf(shape) + keptNumbers) + sizeOf(shape) * (accumulate > 1 || gradientCache ? 2 : 1);
  };
  const numbers = learned.flatMap((tensors) => Object.values(tensors)).reduce((sum, tensor) => sum + numbersFor(tensor), 0);
  const constants = Object.values(trained?.constants ?? {}).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const weights = (numbers + constants) * bytes;
  const some = spread(data.values, 64);
  const mean = trained?.stepNumbers && some.reduce((sum: number, value) => sum + trained.stepNumbers!([value]), 0) / some.length;
  const rows = gradientCache ? Math.min(batch, chunkRows(gradientCache, trained !== undefined, mean)) : batch;
  const anchors = gradientCache ? anchorBlocks(batch, columns, gradientCache.block)[0]!.size : batch;
  // A cached step keeps the batch's embeddings, and their gradient, in ordinary memory and once more as tensors.
  const cached = gradientCache ? 4 * batch * dim : 0;
  const within = trained?.stepNumbers?.(spread(data.values, rows)) ?? 0;
  const step =
    (rows * rowArrays * Math.max(dim, encoder.dim) + batch * guideDim + anchors * pairArrays * columns + cached + slots * dim + within) *
    bytes;
  return { vectors, weights, step, total: vectors + weights + step };
}

function trainedEncoder(encoder: EstimateMemoryOptions["encoder"]): TrainableEncoder<unknown> | undefined {
  return isTrainable(encoder as FitOptions<unknown>["encoder"]) ? (encoder as TrainableEncoder<unknown>) : undefined;
}

/** So many values, from all over the data. */
function spread(values: readonly unknown[], count: number): unknown[] {
  return Array.from({ length: count }, (_, i) => values[Math.floor((i * values.length) / count)]);
}
