import type { StepContext } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Inverted dropout: in training each number becomes 0 with probability `rate`, and the others are divided by 1 − rate, so that the expected
 * value stays; otherwise, and at rate 0, the input itself. The draws come from the step's own random numbers, so a run can be repeated.
 *
 * Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 2014.
 * @param inputs any shape
 */
export function dropout<Rank extends tf.Rank>(inputs: tf.Tensor<Rank>, rate: number, { training, random }: StepContext): tf.Tensor<Rank> {
  if (!training || rate === 0) return inputs;
  const kept = 1 / (1 - rate);
  const mask = new Float32Array(inputs.size);
  for (let i = 0; i < mask.length; i++) mask[i] = random.uniform() < rate ? 0 : kept;
  return tf.mul(inputs, tf.tensor(mask, inputs.shape));
}
