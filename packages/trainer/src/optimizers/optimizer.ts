import { type Check, checkOptions, InvalidArgumentError, type Json, shown } from "@quaterion/core";
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";

/** One weight, as an optimizer sees it in a step. */
export interface WeightUpdate {
  readonly weight: Tensor;
  /** Gradient of the loss by the weight, of its shape. */
  readonly gradient: Tensor;
  /** What the optimizer keeps for this weight, of the shapes of {@link Optimizer.slots}; zeros at first. */
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
  /** `update` does to each number what follows from that number, its gradient and its slots, and the slots are shaped like the weight: small weights may then be updated as one. Default: false. */
  readonly elementwise?: boolean;
  /** Names and shapes of the tensors kept for a weight of this shape. */
  slots(shape: readonly number[]): Readonly<Record<string, readonly number[]>>;
  /** @param update number of updates of this weight, from 1 */
  coefficients(learningRate: number, update: number): Readonly<Record<string, number>>;
  /** Called inside `tf.tidy`. */
  update(current: WeightUpdate): { readonly weight: Tensor; readonly slots: Readonly<Record<string, Tensor>> };
}

/** Which weights decay: matrices alone (not biases, gates and other vectors), or all. */
export type DecayScope = "matrices" | "all";

export const decayScopes: readonly DecayScope[] = ["matrices", "all"];

/** Slots of the weight's own shape, by name. */
export function slotsLikeWeight(...names: readonly string[]): Optimizer["slots"] {
  return (shape) => Object.fromEntries(names.map((name) => [name, shape]));
}

/** Two rates of averages, each from 0 to below 1. */
export const twoRates: Check<readonly [number, number]> = (value, argument) => {
  if (Array.isArray(value) && value.length === 2 && value.every(isRate)) return value as [number, number];
  throw new InvalidArgumentError(
    `\`${argument}\` must be two numbers from 0 to below 1; received ${Array.isArray(value) ? JSON.stringify(value) : shown(value)}.`,
  );
};

/** The rate of an average, from 0 to below 1. */
export const rate: Check<number> = (value, argument) => {
  if (isRate(value)) return value;
  throw new InvalidArgumentError(`\`${argument}\` must be a number from 0 to below 1; received ${shown(value)}.`);
};

function isRate(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < 1;
}

/** Whether a weight of this shape decays. */
export function decays(scope: DecayScope, weight: Tensor): boolean {
  return scope === "all" || weight.rank >= 2;
}

/** `checkOptions` for an optimizer: whoever looks for the learning rate there is told where it is. */
export function checkOptimizerOptions(name: string, options: unknown, checks: Readonly<Record<string, Check<unknown>>>): void {
  const wanted = ["learningRate", "lr"].find((each) => Object.hasOwn(Object(options), each));
  if (wanted !== undefined)
    throw new InvalidArgumentError(
      `\`${name}\` has no option \`${wanted}\`: the rate is \`fit.learningRate\`, or that of a group, \`fit.groups.head.learningRate\`.`,
    );
  checkOptions(name, options, checks);
}
