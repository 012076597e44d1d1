import * as tf from "@tensorflow/tfjs-core";

/**
 * Layer norm of each row: (x − mean) / √(variance + ε) · gain + bias, with the variance of the row itself.
 *
 * Its gradient is written out, in fewer passes than the formula's parts would take: with x̂ the scaled row and g = dy · gain,
 * dx = (g − mean g − x̂ · mean(g · x̂)) / √(variance + ε).
 *
 * Ba, Kiros & Hinton, "Layer normalization", 2016, eq. 4.
 * @param x `[rows, dim]`
 * @param gain `[dim]`
 * @param bias `[dim]`
 */
export function layerNorm(x: tf.Tensor2D, gain: tf.Tensor1D, bias: tf.Tensor1D, epsilon: number): tf.Tensor2D {
  const norm = tf.customGrad((...args) => {
    const [input, scale, shift, save] = args as [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    const centred = tf.sub(input, tf.mean(input, 1, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.mul(centred, centred), 1, true), epsilon));
    const scaled = tf.mul(centred, inverse);
    save([scaled, inverse, scale]);
    return {
      value: tf.add(tf.mul(scaled, scale), shift),
      gradFunc: (dy, saved) => {
        const [scaled, inverse, scale] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
        const g = tf.mul(dy, scale);
        const rest = tf.sub(tf.sub(g, tf.mean(g, 1, true)), tf.mul(scaled, tf.mean(tf.mul(g, scaled), 1, true)));
        return [tf.mul(rest, inverse), tf.sum(tf.mul(dy, scaled), 0), tf.sum(dy, 0)];
      },
    };
  });
  return norm(x, gain, bias) as tf.Tensor2D;
}
