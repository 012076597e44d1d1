import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { EmbeddingCache } from "../cache-contract.js";
import type { FrozenEncoder } from "../encoder.js";
import type { Json } from "../json.js";
import type { OnProgress } from "../progress.js";
import type { Random } from "../random.js";
import type { InitialTensor, StepContext } from "./head.js";

/** A batch as it lies in ordinary memory, ready to become tensors: by name, numbers and shape. Float32Array makes float32, Int32Array int32, Uint8Array bool. */
export type HostBatch = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: Float32Array | Int32Array | Uint8Array }>
>;

/** Weights by name as they lie in ordinary memory. */
export type WeightValues = Readonly<Record<string, InitialTensor>>;

/** An input of a traced function; a dimension given by name has any size. */
export interface TracedInput {
  readonly name: string;
  readonly shape: readonly (number | string)[];
  readonly dtype: "float32" | "int32" | "int64";
}

/** Turns a function of tensors into the bytes of an ONNX model. Whoever trains has one; an encoder that is saved as a graph asks for it. */
export type TraceToOnnx = (
  fn: (weights: Readonly<Record<string, Tensor>>, ...inputs: Tensor[]) => Readonly<Record<string, Tensor>>,
  weights: WeightValues,
  inputs: readonly TracedInput[],
  metadata: Readonly<Record<string, string>>,
) => Promise<Uint8Array>;

/** What an encoder may compute with before a run; without it, it computes nothing. */
export interface ReadyMeans {
  readonly trace: TraceToOnnx;
  /** Keeps what is computed, for runs to come. */
  readonly cache?: EmbeddingCache;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/**
 * An encoder whose weights are trained. It holds no tensors: whoever trains makes variables of {@link weights} and constants of {@link constants}
 * on the engine in use, and hands both to {@link apply} together, so that one encoder trains on any engine, and several runs do not meet.
 */
export interface TrainableEncoder<Value> {
  readonly contract: 1;
  readonly name: string;
  readonly dim: number;
  /** Changes when a run could come out otherwise: bytes of model and tokenizer, pooling, and what of it is trained. Hexadecimal. */
  readonly fingerprint: string;
  /** Options, as they are kept with a checkpoint and a saved model. */
  readonly config: Json;
  /** What is told about a run on its values: texts that are too long, and the like. */
  readonly notes: readonly string[];
  /** Values whose part before the training was found in the cache, and computed anew. */
  readonly counts?: { readonly hits: number; readonly misses: number };
  /** Weights that are not trained, by name; none of them is also in {@link weights}. */
  readonly constants: WeightValues;
  /** Highest learning rate of a run that names none. */
  readonly learningRate: number;
  /** What each weight's learning rate is multiplied with, by name; 1 where absent. */
  readonly rates?: Readonly<Record<string, number>>;
  /** The content of a value, as bytes: equal content, equal bytes. */
  key(value: Value): Uint8Array | Promise<Uint8Array>;
  /**
   * The encoder made ready to train on these values, and no others: all of them are checked, weights that none of them touches may be left out, and what
   * comes before the trained part may be computed, once for each value.
   * @throws {InvalidArgumentError} naming the index of a value that it can't encode
   */
  ready(values: readonly Value[], means?: ReadyMeans): Promise<TrainableEncoder<Value>>;
  /** First values of what is trained. */
  weights(random: Random): WeightValues;
  /**
   * Everything that {@link apply} reads of a batch, the dropout of the step included: drawn here, so that a step is the same graph each time. Arrays
   * of the same shapes make the same graph; there should be few sets of shapes. A promise where values are read first, such as files; what is drawn follows
   * from the generator's state alone, whenever it is drawn.
   */
  prepare(values: readonly Value[], step: StepContext): HostBatch | Promise<HostBatch>;
  /**
   * Called inside `tf.tidy`.
   * @param batch of {@link prepare}, as tensors
   * @param weights present values of {@link weights} and {@link constants}
   * @returns `[values, dim]`
   */
  apply(batch: Readonly<Record<string, Tensor>>, weights: Readonly<Record<string, Tensor>>): Tensor2D;
  /** About how many numbers one step on these values keeps for its gradients. */
  stepNumbers?(values: readonly Value[]): number;
  /** The encoder with these weights, for caching and saving. @param weights as {@link weights} has them, trained */
  freeze(weights: WeightValues, trace: TraceToOnnx): Promise<FrozenEncoder<Value>>;
}
