import { type Check, checkOptions, positiveFiniteNumber } from "@quaterion/core";
import { hasMethods } from "./has-methods.js";
import type { Optimizer } from "./optimizers/optimizer.js";

/** What is trained: the head on top, the encoder below it, and what the loss learns (class vectors, proxies, a temperature). */
export type GroupName = "head" | "encoder" | "loss";

/** How the weights of a group are trained, where it differs from the rest. */
export interface ParameterGroup {
  /** Highest learning rate of the group. Default: `fit.learningRate`. The schedule is the same for all. */
  learningRate?: number;
  /** Default: `fit.optimizer`. A decay of its own is an optimizer with that decay: `adamW({ weightDecay: 0 })`. */
  optimizer?: Optimizer;
}

/** {@link ParameterGroup} by name. */
export type ParameterGroups = { [Name in GroupName]?: ParameterGroup };

/** How one weight is trained. */
export interface WeightTraining {
  readonly optimizer: Optimizer;
  /** What the run's learning rate is multiplied with for it. */
  readonly rateScale: number;
}

/** How each weight is trained, by its name in a snapshot: `head.…`, `encoder.…`, `loss.…`. */
export type TrainingOf = (name: string) => WeightTraining;

/** One optimizer for all weights, but for the groups that say otherwise. */
export function trainingOf(optimizer: Optimizer, learningRate: number, groups: ParameterGroups = {}): TrainingOf {
  return (name) => {
    const group = groups[name.slice(0, name.indexOf(".")) as GroupName];
    return { optimizer: group?.optimizer ?? optimizer, rateScale: (group?.learningRate ?? learningRate) / learningRate };
  };
}

/** Checks the option `groups` of `fit`. */
export const parameterGroups: Check<unknown> = (value, argument) => {
  const group: Check<unknown> = (each, name) => {
    checkOptions(name, each, { learningRate: positiveFiniteNumber, optimizer: optimizerValue });
    return each;
  };
  checkOptions(argument, value, { head: group, encoder: group, loss: group });
  return value;
};

/** Checks that a value is an optimizer. */
export const optimizerValue: Check<unknown> = hasMethods(
  "an optimizer (made by `adamW`, `sgd`, `lion`, …)",
  "update",
  "coefficients",
  "slots",
);
