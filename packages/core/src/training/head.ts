import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { Json } from "../json.js";
import type { Random } from "../random.js";

/** A weight's first values. */
export interface InitialTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What a step tells what it runs. */
export interface StepContext {
  /** Dropout and the like are on. */
  readonly training: boolean;
  readonly random: Random;
}

/** A small trainable network on top of an encoder's vectors. */
export interface Head {
  readonly contract: 1;
  readonly name: string;
  /** Options, as they are kept with a saved model. */
  readonly config: Json;
  /** Dimension of the embeddings it makes from vectors of dimension `inputDim`. */
  dim(inputDim: number): number;
  weights(inputDim: number, random: Random): Readonly<Record<string, InitialTensor>>;
  /**
   * @param inputs `[batch, inputDim]`
   * @returns `[batch, dim(inputDim)]`; called inside `tf.tidy`
   */
  apply(inputs: Tensor2D, weights: Readonly<Record<string, Tensor>>, step: StepContext): Tensor2D;
}
