import type { EmbeddingCache, FrozenEncoder, LabelPolicy, OnProgress, TrainingData } from "@quaterion/core";
import type { Head, Loss, TrainableEncoder } from "@quaterion/core/training";
import type { CheckpointOptions } from "./checkpoints.js";
import type { NormLimit } from "./clipped-gradients.js";
import type { MemoryOptions } from "./cross-batch-memory.js";
import type { EarlyStopping } from "./ending.js";
import type { EngineName } from "./engine.js";
import type { BestBy } from "./evaluations.js";
import type { FitCallbacks, FitLogger } from "./events.js";
import type { GradientCacheOptions } from "./gradient-cache/cache-sizes.js";
import type { Optimizer } from "./optimizers/optimizer.js";
import type { ParameterGroups } from "./parameter-groups.js";
import type { Schedule } from "./schedules/schedule.js";
import type { TrainedModel } from "./trained-model.js";

/** Options of {@link fit}. */
export interface FitOptions<Value> {
  /** What to learn from: `labeled`, `pairs`, `combine`, … of `@quaterion/datasets`. */
  data: TrainingData<Value>;
  /** A frozen encoder, whose vectors are cached, or one that is trained with the head: `trainableTextEncoder`. */
  encoder: FrozenEncoder<Value> | TrainableEncoder<Value>;
  /** What is trained on top of the encoder. Default: one linear layer that starts as the identity; nothing on an encoder that is trained itself. */
  head?: Head | undefined;
  loss: Loss;
  /** Where the encoder's vectors are kept between runs. Default: in memory, for this run. */
  cache?: EmbeddingCache | undefined;
  /** A frozen model whose vectors the loss looks at: the guide of `guidedNegatives`, the teacher of `embeddingDistillation`. Encodes the same values. */
  guide?: FrozenEncoder<Value> | undefined;
  /** What becomes of pairs of two label spaces that nobody declared anything about. Default `"schedule"`; losses that read classes always take `"separate"`. */
  policy?: LabelPolicy | undefined;
  /** Batches to learn from. Default: twenty passes over the data (six where the encoder is trained), but from 100 to 1,000. */
  steps?: number | undefined;
  /** Instead of `steps`: how often to go through the data. */
  epochs?: number | undefined;
  /** Labels in a batch. Default 64; 24 where the encoder is trained. */
  labelsPerBatch?: number | undefined;
  /** Samples of each label in a batch. Default 4; 3 where the encoder is trained. */
  samplesPerLabel?: number | undefined;
  /** Highest learning rate. Default 3e-4. */
  learningRate?: number | undefined;
  /** Default `adamW()`. */
  optimizer?: Optimizer | undefined;
  /** How the learning rate goes. Default `linearSchedule()`: up over a tenth of the steps, then down to 0. */
  schedule?: Schedule | undefined;
  /** Embeddings of length 1, in training and after. Default true. */
  normalize?: boolean | undefined;
  /** Rates and optimizers of the head, the encoder, and what the loss learns, where they differ: `{ loss: { learningRate: 0.01 } }`. */
  groups?: ParameterGroups | undefined;
  /** Scales the gradient of all weights together down to this length. Default: none. */
  clipNorm?: number | NormLimit | undefined;
  /** Cuts each number of the gradient off at ± this size. Default: none. */
  clipValue?: number | undefined;
  /**
   * Averages the weights over the steps (exponential moving average), each step keeping this share, from 0 to below 1, such as 0.999: held-out data is judged with
   * the average, and the model gets it. Default: none.
   */
  ema?: number | undefined;
  /**
   * Compares each batch with the embeddings of earlier ones too (cross-batch memory), for losses on relations that declare it: thousands of negatives
   * at the cost of one matrix product. Default: none.
   */
  memory?: MemoryOptions | undefined;
  /**
   * Makes a step in the memory of a chunk of rows, whatever the batch: for batches of thousands, with losses on relations that are sums over anchors. Loss
   * and gradients stay those of the whole batch; every row is embedded twice. `{}` for the default chunk. Default: off.
   */
  gradientCache?: GradientCacheOptions | undefined;
  /** Batches whose gradients are added up for one step. Default 1. */
  accumulate?: number | undefined;
  /** What steps run on. Default `"auto"`: the fastest that works here. */
  engine?: EngineName | "auto" | undefined;
  /** Threads of the `"onnxruntime"` engine. Default: all cores. */
  threads?: number | undefined;
  /** Decides batches, first weights and dropout. Default 1. */
  seed?: number | undefined;
  /**
   * Data held out: its loss is taken ten times in the run, and the model gets the weights of the best of them. Default: none, for few-shot data
   * is too dear to hold out, and the schedule ends gently.
   */
  validation?: TrainingData<Value> | undefined;
  /**
   * Judges the model as it is now, for example with the metrics of `@quaterion/evaluation`; what it returns is logged, and can decide the best weights.
   */
  evaluate?: ((model: TrainedModel<Value>) => Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>) | undefined;
  /** Steps between two looks at `validation` and `evaluate`. Default: a tenth of the steps. */
  evaluateEvery?: number | undefined;
  /** What decides the best weights, which the model gets. Default: the validation loss where there is validation data; else the last weights are taken. */
  best?: BestBy | undefined;
  /** Ends the run where held-out data has stopped gaining. Default: not. */
  earlyStopping?: EarlyStopping | undefined;
  /** Ends the run after so many minutes of training in this process, as if it were done. Default: not. */
  maxMinutes?: number | undefined;
  /** Where and how often to write what a run needs to go on. Also written on Ctrl-C and on abort. */
  checkpoint?: CheckpointOptions | undefined;
  /** Goes on from the newest checkpoint in `checkpoint.folder`; starts where there is none. Default false. */
  resume?: boolean | undefined;
  /** Ends the run after the present step. */
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
  callbacks?: FitCallbacks | readonly FitCallbacks[] | undefined;
  /** Get every event of the run: `jsonLinesLogger`, `csvLogger`, `tensorBoardLogger`, `htmlReport`, or functions of one's own. */
  logger?: FitLogger | readonly FitLogger[] | undefined;
}

/** Is it trained with the head, or are its vectors cached? */
export function isTrainable<Value>(encoder: FitOptions<Value>["encoder"]): encoder is TrainableEncoder<Value> {
  return typeof (encoder as Partial<TrainableEncoder<Value>> | undefined)?.apply === "function";
}
