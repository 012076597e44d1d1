import * as tf from "@tensorflow/tfjs-core";

/**
 * Inverted dropout by a mask that is drawn already: x / (1 − rate) where the mask is set, 0 elsewhere; of its gradient the same. A mask of bytes takes a
 * quarter of the time and memory that numbers take to draw and to hand over.
 *
 * Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 2014.
 * @param x any shape
 * @param mask bool, the shape of `x`
 */
export function keptByMask<T extends tf.Tensor>(x: T, mask: tf.Tensor, rate: number): T {
  const some = (values: tf.Tensor): T => tf.mul(values, tf.mul(tf.cast(mask, "float32"), 1 / (1 - rate))) as T;
  const unit = tf.customGrad((input) => ({ value: some(input as tf.Tensor), gradFunc: (dy: T) => some(dy) }));
  return unit(x) as T;
}
