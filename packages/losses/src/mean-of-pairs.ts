import * as tf from "@tensorflow/tfjs-core";

/** The mean of what `of` gives for each two of the views. */
export function meanOfPairs<T extends tf.Tensor>(views: readonly tf.Tensor2D[], of: (a: tf.Tensor2D, b: tf.Tensor2D) => T): T {
  const values = views.flatMap((a, i) => views.slice(i + 1).map((b) => of(a, b)));
  return values.length === 1 ? values[0]! : tf.div<T>(tf.addN(values), values.length);
}
