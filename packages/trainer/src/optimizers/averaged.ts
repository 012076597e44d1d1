import { InvalidArgumentError, shown } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { type Optimizer, rate } from "./optimizer.js";

/** Name of the slot that holds the sum of an average. */
const slot = "average";

/** An optimizer that keeps an average of the weights beside them. */
export interface AveragedOptimizer extends Optimizer {
  /** The average of one weight, from its slots and the number of its updates; undefined before the first. Called inside `tf.tidy`. */
  average(slots: Readonly<Record<string, tf.Tensor>>, updates: number): tf.Tensor | undefined;
}

/**
 * An optimizer whose weights are also averaged: a ← βa + (1−β)w after each update, the average being a / (1−βᵗ), so that the first weights do not
 * weigh too much. Training goes on with the weights themselves; held-out data is judged with the average, and the model gets it.
 *
 * Polyak & Juditsky, "Acceleration of stochastic approximation by averaging", 1992; with the start corrected as Adam does.
 * @param decay β, from 0 to below 1
 */
export function averaged(optimizer: Optimizer, decay: number): AveragedOptimizer {
  rate(decay, "fit.ema");
  if (Object.hasOwn(optimizer.slots([1]), slot))
    throw new InvalidArgumentError(`\`averaged\` needs an optimizer without a slot "${slot}"; received ${shown(optimizer.name)}.`);
  return {
    name: optimizer.name,
    config: { of: optimizer.config, averageDecay: decay },
    ...(optimizer.elementwise && { elementwise: true }),
    slots: (shape) => ({ ...optimizer.slots(shape), [slot]: shape }),
    coefficients: (learningRate, update) => optimizer.coefficients(learningRate, update),
    update({ slots: { [slot]: sum, ...slots }, ...current }) {
      const next = optimizer.update({ ...current, slots });
      return { ...next, slots: { ...next.slots, [slot]: tf.add(tf.mul(sum!, decay), tf.mul(next.weight, 1 - decay)) } };
    },
    average: (slots, updates) => (updates === 0 ? undefined : tf.div(slots[slot]!, 1 - decay ** updates)),
  };
}

/** Whether an optimizer averages. */
export function isAveraged(optimizer: Optimizer): optimizer is AveragedOptimizer {
  return "average" in optimizer;
}
