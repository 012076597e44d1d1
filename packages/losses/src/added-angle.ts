import * as tf from "@tensorflow/tfjs-core";
import { detach } from "./detach.js";

/** sin² below which float32 can't tell the angle from 0 or π. */
const leastSquaredSine = 1e-6;

/**
 * cos(θ + margin) where `cosines` is cos θ, of the same shape: computed as cos θ cos m − sin θ sin m (no arc cosine, whose slope is infinite at
 * θ = 0). Past θ + m = π, where it would rise again and reward the wrong way, it goes on as cos θ − m sin m.
 */
export function addedAngle(cosines: tf.Tensor2D, margin: number): tf.Tensor2D {
  const squaredSine = tf.sub(1, tf.mul(cosines, cosines));
  const turned = tf.cast(tf.greater(detach(squaredSine), leastSquaredSine), "float32");
  // The root is taken of 1 where the angle is 0 or π, so that its gradient stays finite there.
  const sine = tf.mul(turned, tf.sqrt(tf.add(tf.mul(squaredSine, turned), tf.sub(1, turned))));
  const within = tf.cast(tf.greaterEqual(detach(cosines), -Math.cos(margin)), "float32"); // θ + m ≤ π
  const added = tf.sub(tf.mul(cosines, Math.cos(margin)), tf.mul(sine, Math.sin(margin)));
  const beyond = tf.sub(cosines, margin * Math.sin(margin));
  return tf.add(tf.mul(within, added), tf.mul(tf.sub(1, within), beyond));
}
