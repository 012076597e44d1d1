import { list, reject } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Optimizer, WeightUpdate } from "./optimizer.js";

/** Up to this many numbers a weight is updated together with others: below, an operation costs its call, not its work. */
const smallWeight = 2048;
/** Fewer small weights are updated one by one: joining and parting them takes as long. */
const fewWeights = 8;

/** Weights and slots after an update. */
export type UpdatedWeight = ReturnType<Optimizer["update"]>;

/**
 * Updates of many weights by one optimizer, in the order of `current`. Many small weights (biases, norms) with the same coefficients are laid end to end and
 * updated as one, where the optimizer is `elementwise`: each number gets what it gets alone. Call it inside `tf.tidy`.
 * @throws {InvalidArgumentError} without an optimizer, or a list of updates
 */
export function updateTogether(optimizer: Optimizer, current: readonly WeightUpdate[]): UpdatedWeight[] {
  if (typeof optimizer?.update !== "function") reject("optimizer", "an optimizer, such as adamW()", optimizer);
  list(current, "current");
  const results = new Array<UpdatedWeight>(current.length);
  const groups = new Map<string, number[]>();
  const numbers: WeightUpdate["coefficients"][] = [];
  for (const [at, { weight, coefficients }] of current.entries()) {
    const isSmall = optimizer.elementwise === true && weight.size <= smallWeight && weight.dtype === "float32";
    if (!numbers.includes(coefficients)) numbers.push(coefficients);
    // Whether a weight decays depends on whether it is a matrix.
    const key = isSmall ? `${weight.rank >= 2} ${numbers.indexOf(coefficients)}` : `alone ${at}`;
    groups.set(key, [...(groups.get(key) ?? []), at]);
  }
  for (const members of groups.values()) {
    const updates = members.map((at) => current[at]!);
    const next = updates.length < fewWeights ? updates.map((update) => optimizer.update(update)) : updateAsOne(optimizer, updates);
    for (const [i, at] of members.entries()) results[at] = next[i]!;
  }
  return results;
}

function updateAsOne(optimizer: Optimizer, updates: readonly WeightUpdate[]): UpdatedWeight[] {
  const weights = updates.map(({ weight }) => weight);
  const sizes = weights.map(({ size }) => size);
  const isMatrix = weights[0]!.rank >= 2;
  const joined = (parts: readonly tf.Tensor[]): tf.Tensor => {
    const line = tf.concat(parts.map((part) => tf.reshape(part, [-1])));
    return isMatrix ? tf.reshape(line, [-1, 1]) : line;
  };
  const parted = (line: tf.Tensor): tf.Tensor[] =>
    tf.split(tf.reshape(line, [-1]), sizes).map((part, i) => tf.reshape(part, weights[i]!.shape));
  const { weight, slots } = optimizer.update({
    weight: joined(weights),
    gradient: joined(updates.map(({ gradient }) => gradient)),
    slots: Object.fromEntries(Object.keys(updates[0]!.slots).map((name) => [name, joined(updates.map(({ slots }) => slots[name]!))])),
    coefficients: updates[0]!.coefficients,
  });
  const partedSlots = Object.entries(slots).map(([name, line]) => [name, parted(line)] as const);
  return parted(weight).map((part, i) => ({
    weight: part,
    slots: Object.fromEntries(partedSlots.map(([name, parts]) => [name, parts[i]!])),
  }));
}
