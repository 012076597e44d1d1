import * as tf from "@tensorflow/tfjs-core";
import type { Optimizer } from "./optimizer.js";

/** Name of the slot that holds how far a weight's key is from it. */
const slot = "keyLag";

/**
 * An optimizer that keeps, beside each weight q, the key weight k of a momentum encoder, which follows it slowly: k ← m·k + (1−m)·q after each update,
 * k = q at first. What is kept is k − q, which is 0 at first: with q′ the new weight, m·(k − q + q − q′).
 *
 * He et al., "Momentum contrast for unsupervised visual representation learning", CVPR 2020, eq. 2.
 * @param momentum m, from 0 to below 1
 */
export function keyed(optimizer: Optimizer, momentum: number): Optimizer {
  return {
    name: optimizer.name,
    config: { of: optimizer.config, keyMomentum: momentum },
    slots: (shape) => ({ ...optimizer.slots(shape), [slot]: shape }),
    coefficients: (learningRate, update) => optimizer.coefficients(learningRate, update),
    update({ slots: { [slot]: lag, ...slots }, ...current }) {
      const next = optimizer.update({ ...current, slots });
      return { ...next, slots: { ...next.slots, [slot]: tf.mul(momentum, tf.add(lag!, tf.sub(current.weight, next.weight))) } };
    },
  };
}

/** The key of a weight. Called inside `tf.tidy`. */
export function keyOf(weight: tf.Tensor, slots: Readonly<Record<string, tf.Tensor>>): tf.Tensor {
  return tf.add(weight, slots[slot]!);
}
