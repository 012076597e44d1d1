import * as tf from "@tensorflow/tfjs-core";

/**
 * The same values, computed after `done`. An engine that runs a whole step as one graph is free to make the blocks of a formula all at once, and to
 * hold what forward and gradient pass have in common: then nothing bounds its memory. NaN where a first number of `done` is NaN.
 */
export function afterwards<T extends tf.Tensor>(values: T, ...done: readonly tf.Tensor[]): T {
  const firsts = done.map((tensor) => tf.slice(tf.reshape(tensor, [-1]), 0, 1)); // [1]
  const nothing = tf.minimum(tf.relu(tf.addN(firsts)), 0); // 0, also of an infinity
  return tf.add(values, tf.reshape(nothing, []));
}
