import * as tf from "@tensorflow/tfjs-core";

/** What stands for the logarithm of an empty sum: finite, and so low that its exponential is 0. */
const logOfNothing = -1e9;
/** Its exponential is near the end of float32. */
const highestExponent = 80;

/**
 * log Σ mask · exp(values) along an axis, which stays with size 1: the soft maximum of what `mask` (0/1, or weights of 0 or more; same shape,
 * a constant) lets through.
 * Exact for values of any size; where nothing is let through it is −1e9 with gradient 0. Gradient: mask · exp(values − result). What the mask
 * leaves out is not looked at, be it NaN: a mask that is made by comparing must let a NaN through, or the loss hides it.
 */
export function maskedLogSumExp(values: tf.Tensor2D, mask: tf.Tensor2D, axis: 0 | 1 = 1): tf.Tensor2D {
  const operation = tf.customGrad<tf.Tensor2D>((input, save) => {
    const x = input as tf.Tensor2D;
    const lowered = tf.where(tf.greater(mask, 0), x, logOfNothing);
    const highest = tf.max(lowered, axis, true); // −1e9 where nothing is let through
    const sum = tf.sum(tf.mul(mask, tf.exp(tf.sub(lowered, highest))), axis, true);
    const nothing = tf.cast(tf.equal(sum, 0), "float32"); // what is let through at its highest adds its weight
    const result = tf.add(highest, tf.log(tf.add(sum, nothing))) as tf.Tensor2D;
    // The mask is saved too: the forward pass may dispose it before the gradient is asked for.
    (save as tf.GradSaveFunc)([x, mask, result]);
    const gradFunc = (dy: tf.Tensor2D, [kept, weights, total]: tf.Tensor[]) =>
      // The minimum keeps what the mask leaves out from overflowing; what it lets through is above the result by −log weight at most.
      tf.mul(dy, tf.mul(weights!, tf.exp(tf.minimum(tf.sub(kept!, total!), highestExponent))));
    return { value: result, gradFunc };
  });
  return operation(values);
}
