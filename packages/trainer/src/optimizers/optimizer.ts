import type { Json } from "@quaterion/core";
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";

/** One weight, as an optimizer sees it in a step. */
export interface WeightUpdate {
  readonly weight: Tensor;
  /** Gradient of the loss by the weight, of its shape. */
  readonly gradient: Tensor;
  /** What the optimizer keeps for this weight, each of its shape; zeros at first. */
  readonly slots: Readonly<Record<string, Tensor>>;
  /** {@link Optimizer.coefficients} of this step. */
  readonly coefficients: Readonly<Record<string, Scalar>>;
}

/**
 * How weights follow gradients. `update` is written in TensorFlow.js operations and runs as part of the step's one graph; the numbers that
 * change from step to step reach it as tensors, so that every step is the same graph.
 */
export interface Optimizer {
  readonly name: string;
  /** Options, as they are kept with a checkpoint. */
  readonly config: Json;
  /** Names of the tensors kept for each weight. */
  readonly slots: readonly string[];
  /** @param update number of updates of this weight, from 1 */
  coefficients(learningRate: number, update: number): Readonly<Record<string, number>>;
  /** Called inside `tf.tidy`. */
  update(current: WeightUpdate): { readonly weight: Tensor; readonly slots: Readonly<Record<string, Tensor>> };
}

/** Which weights decay: matrices alone (not biases, gates and other vectors), or all. */
export type DecayScope = "matrices" | "all";

export const decayScopes: readonly DecayScope[] = ["matrices", "all"];

/** Whether a weight of this shape decays. */
export function decays(scope: DecayScope, weight: Tensor): boolean {
  return scope === "all" || weight.rank >= 2;
}
