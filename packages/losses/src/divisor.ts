import { positiveFiniteNumber } from "@quaterion/core";
import type { Reducer } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";

/**
 * The sum of the terms that count, divided by a number of your own: Σ terms · counted / by. For a divisor that stays the same while the number of
 * terms changes, such as the batch size or the number of classes. Like `sum`, it takes whole batches only. (pytorch-metric-learning's
 * DivisorReducer divides by what each loss declares; a loss declares that here by what it counts, and `mean()` divides by it.)
 * @throws {InvalidArgumentError} when `by` is not a finite number above 0
 */
export function divisor(by: number): Reducer {
  positiveFiniteNumber(by, "divisor.by");
  return {
    name: `divisor(${by})`,
    wholeBatch: true,
    reduce: (terms, counted) => [{ total: tf.div(tf.sum(tf.mul(terms, counted)), by), count: tf.scalar(1) }],
  };
}
