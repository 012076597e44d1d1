import * as tf from "@tensorflow/tfjs-core";
import { detach } from "./detach.js";

/**
 * ψ(θ) = (−1)^k cos(margin · θ) − 2k with k the whole number for which kπ/margin ≤ θ ≤ (k + 1)π/margin: cos(margin · θ) continued so that it
 * falls all the way from θ = 0 to π. `cosines` is cos θ, the result has the same shape; `margin` is a whole number of 1 or more. cos(m θ) is the
 * Chebyshev polynomial T_m(cos θ), so no angle is computed and the gradient is finite everywhere.
 */
export function multipliedAngle(cosines: tf.Tensor2D, margin: number): tf.Tensor2D {
  let [before, chebyshev]: tf.Tensor2D[] = [tf.onesLike(cosines), cosines] as const;
  for (let degree = 2; degree <= margin; degree++) {
    [before, chebyshev] = [chebyshev!, tf.sub(tf.mul(tf.mul(2, cosines), chebyshev!), before!)];
  }
  const fixed = detach(cosines);
  let sign: tf.Tensor2D = tf.onesLike(fixed);
  let twice: tf.Tensor2D = tf.zerosLike(fixed); // 2k
  for (let i = 1; i < margin; i++) {
    const past: tf.Tensor2D = tf.mul(2, tf.cast(tf.less(fixed, Math.cos((i * Math.PI) / margin)), "float32"));
    sign = tf.mul(sign, tf.sub(1, past));
    twice = tf.add(twice, past);
  }
  return tf.sub(tf.mul(sign, chebyshev!), twice);
}
