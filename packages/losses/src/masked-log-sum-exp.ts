import * as tf from "@tensorflow/tfjs-core";

/** What stands for the logarithm of an empty sum: finite, and so low that its exponential is 0. */
const logOfNothing = -1e9;

/**
 * log Σ mask · exp(values) along an axis, which stays with size 1: the soft maximum of what `mask` (0/1, or weights of 0 or more; same shape,
 * a constant) lets through.
 * Exact for values of any size; where nothing is let through it is −1e9 with gradient 0. Gradient: mask · exp(values − result). What the mask
 * leaves out is not looked at, be it NaN: a mask that is made by comparing must let a NaN through, or the loss hides it.
 */
export function maskedLogSumExp(values: tf.Tensor2D, mask: tf.Tensor2D, axis: 0 | 1 = 1): tf.Tensor2D {
  const operation = tf.customGrad<tf.Tensor2D>((input, save) => {
    const lowered = tf.where(tf.greater(mask, 0), input as tf.Tensor2D, logOfNothing);
    const highest = tf.max(lowered, axis, true); // −1e9 where nothing is let through
    const shares = tf.mul(mask, tf.exp(tf.sub(lowered, highest)));
    const sum = tf.sum(shares, axis, true);
    const total = tf.add(sum, tf.cast(tf.equal(sum, 0), "float32")); // what is let through at its highest adds its weight
    // One array more than the inputs to hold, and four passes over it less.
    (save as tf.GradSaveFunc)([shares, total]);
    const gradFunc = (dy: tf.Tensor2D, [kept, divisor]: tf.Tensor[]) => tf.mul(kept!, tf.div(dy, divisor!));
    return { value: tf.add(highest, tf.log(total)) as tf.Tensor2D, gradFunc };
  });
  return operation(values);
}
