import { type Check, positiveFiniteNumber, reject } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { detach } from "./detach.js";
import { defineRegularizer } from "./regularizer.js";
import { rowLengths } from "./row-lengths.js";

const atLeastOne: Check<number> = (value, argument) =>
  typeof value === "number" && Number.isFinite(value) && value >= 1 ? value : reject(argument, "a finite number of 1 or more", value);

/**
 * Lp regularizer: keeps vectors short. The mean over rows of (Σ_k |x_k|^p)^(power / p).
 * `p` (2: Euclidean length; 1: sum of magnitudes), `power` (1). The zero vector has cost 0 with gradient 0.
 * Use it beside losses on products of raw vectors (`nPairs`, `softmax`), which else let them grow without end.
 *
 * Sohn, "Improved deep metric learning with multi-class N-pair loss objective", NeurIPS 2016, section 3.2.2.
 * @throws {InvalidArgumentError} when `p` is below 1 or `power` not a finite number above 0
 */
export const lpRegularizer = defineRegularizer({
  name: "lpRegularizer",
  defaults: { p: 2, power: 1 },
  check: { p: atLeastOne, power: positiveFiniteNumber },
  compute({ rows }, { p, power }) {
    const norms = p === 2 ? rowLengths(rows) : norm(rows, p); // [rows, 1]
    return [{ total: tf.sum(power === 1 ? norms : raised(norms, power)), count: tf.scalar(rows.shape[0]) }];
  },
});

function norm(rows: tf.Tensor2D, p: number): tf.Tensor2D {
  const magnitudes = tf.add(tf.relu(rows), tf.relu(tf.neg(rows))); // |x| with gradient 0 at 0
  if (p === 1) return tf.sum(magnitudes, 1, true);
  return raised(tf.sum(tf.pow(magnitudes, p), 1, true), 1 / p);
}

/** values^power for values of 0 or more, with gradient 0 at 0, where that of a root is infinite. */
function raised(values: tf.Tensor2D, power: number): tf.Tensor2D {
  if (power === 2) return tf.mul(values, values);
  const above = tf.cast(tf.greater(detach(values), 0), "float32");
  return tf.mul(above, tf.pow(tf.add(tf.mul(values, above), tf.sub(1, above)), power));
}
