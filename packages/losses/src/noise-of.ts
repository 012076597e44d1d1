import * as tf from "@tensorflow/tfjs-core";

/**
 * Numbers between 0 and 1 that look random, made from the values' own last digits and a seed: the fraction of 43,758.5453 · sin(7919 x + seed).
 * Equal values get equal numbers. Nothing is remembered from step to step, so a batch that is computed twice (gradient caching, a resumed run)
 * draws the same.
 */
export function noiseOf<T extends tf.Tensor>(values: T, seed: number): T {
  const waves = tf.mul(43758.5453, tf.sin(tf.add(tf.mul(7919, values), seed)));
  // Away from 0 and 1, whose logarithms are infinite.
  return tf.clipByValue(tf.sub(waves, tf.floor(waves)), 1e-6, 1 - 1e-6) as T;
}
