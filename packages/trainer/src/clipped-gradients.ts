import { type Check, checkOptions, InvalidArgumentError, oneOf, positiveFiniteNumber, shown } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";

/** A limit on the length of the gradient of all weights together. */
export interface NormLimit {
  /** Longest length. */
  readonly length: number;
  /** How length is measured: 2 (default) is Euclid's, 1 the sum of sizes, `"largest"` the largest size. */
  readonly order?: 1 | 2 | "largest";
}

/** How gradients are made smaller. */
export interface Clipping {
  readonly clipNorm?: number | NormLimit;
  /** Largest size of each number. */
  readonly clipValue?: number;
}

/** Keeps the division finite at length 0; PyTorch's number. */
const leastLength = 1e-6;

export const normLimit: Check<unknown> = (value, argument) => {
  if (typeof value === "number") return positiveFiniteNumber(value, argument);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new InvalidArgumentError(`\`${argument}\` must be a number above 0 or { length, order }; received ${shown(value)}.`);
  const order: Check<unknown> = (each, name) => (each === 1 || each === 2 ? each : oneOf(["largest"])(each, name));
  checkOptions(argument, value, { length: positiveFiniteNumber, order });
  return positiveFiniteNumber((value as NormLimit).length, `${argument}.length`);
};

/**
 * Gradients within their limits: each number first to ± clipValue, then all together scaled by min(1, limit / (length + 10⁻⁶)), as PyTorch's
 * clip_grad_value_ and clip_grad_norm_ do.
 * @returns them, and the Euclidean length that they had before
 */
export function clippedGradients(
  given: Readonly<Record<string, tf.Tensor>>,
  { clipNorm, clipValue }: Clipping,
): { gradients: Readonly<Record<string, tf.Tensor>>; norm: tf.Scalar } {
  const norm = lengthOf(given, 2);
  const gradients = clipValue === undefined ? given : changed(given, (gradient) => tf.clipByValue(gradient, -clipValue, clipValue));
  if (clipNorm === undefined) return { gradients, norm };
  const { length, order = 2 } = typeof clipNorm === "number" ? { length: clipNorm } : clipNorm;
  const own = order === 2 && gradients === given ? norm : lengthOf(gradients, order);
  const scale = tf.minimum(1, tf.div(length, tf.add(own, leastLength)));
  return { gradients: changed(gradients, (gradient) => tf.mul(gradient, scale)), norm };
}

function lengthOf(gradients: Readonly<Record<string, tf.Tensor>>, order: 1 | 2 | "largest"): tf.Scalar {
  const each = Object.values(gradients).map((gradient) => {
    if (order === 2) return tf.sum(tf.mul(gradient, gradient));
    return order === 1 ? tf.sum(tf.abs(gradient)) : tf.max(tf.abs(gradient));
  });
  const together = each.reduce((sum, one) => (order === "largest" ? tf.maximum(sum, one) : tf.add(sum, one)));
  return (order === 2 ? tf.sqrt(together) : together) as tf.Scalar;
}

function changed(gradients: Readonly<Record<string, tf.Tensor>>, change: (gradient: tf.Tensor) => tf.Tensor): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, change(gradient)]));
}
