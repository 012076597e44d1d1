import { type Check, InvalidArgumentError, positiveFiniteNumber, shown } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { type ClassPrototypes, classPrototypes } from "./class-prototypes.js";
import { classMask, classSoftmax } from "./class-softmax.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineClassLoss } from "./define-class-loss.js";
import { detach } from "./detach.js";

/** sin² below which float32 can't tell the angle from 0 or π. */
const leastSquaredSine = 1e-6;

const angle: Check<number> = (value, argument) => {
  if (typeof value === "number" && value >= 0 && value <= Math.PI / 2) return value;
  throw new InvalidArgumentError(`\`${argument}\` must be an angle from 0 to π/2, in radians; received ${shown(value)}.`);
};

/**
 * ArcFace: a softmax over the angles to one learned prototype per class, in which the own class must win by an angle of `margin`.
 * Logits: scale · cos θ_j, and scale · cos(θ_y + margin) for the own class y, where θ is the angle between embedding and prototype; cross entropy.
 * cos(θ + m) is computed as cos θ cos m − sin θ sin m (no arc cosine, whose slope is infinite at θ = 0). Past θ + m = π, where cos would rise
 * again and reward the wrong way, it goes on as cos θ − m sin m, as the authors' code does.
 * `scale` (64), `margin` (0.5, radians). Learns `prototypes [classes, dim]`, one set per label space.
 *
 * Deng et al., "ArcFace: additive angular margin loss for deep face recognition", CVPR 2019, eq. 3.
 * @throws {InvalidArgumentError} when `scale` is not a finite number above 0 or `margin` not an angle from 0 to π/2
 */
export const arcFace = defineClassLoss<{ scale: number; margin: number }, ClassPrototypes>({
  name: "arcFace",
  defaults: { scale: 64, margin: 0.5 },
  check: { scale: positiveFiniteNumber, margin: angle },
  parameters: classPrototypes,
  compute({ embeddings, classes }, { scale, margin }, { prototypes }) {
    const cosines = cosineSimilarities(embeddings, prototypes as tf.Tensor2D); // [batch, classes]
    const target = classMask(classes, cosines.shape[1]);
    const own = tf.sum(tf.mul(target, cosines), 1, true); // [batch, 1]
    const squaredSine = tf.sub(1, tf.mul(own, own));
    const turned = tf.cast(tf.greater(detach(squaredSine), leastSquaredSine), "float32");
    // The root is taken of 1 where the angle is 0 or π, so that its gradient stays finite there.
    const sine = tf.mul(turned, tf.sqrt(tf.add(tf.mul(squaredSine, turned), tf.sub(1, turned))));
    const within = tf.cast(tf.greaterEqual(detach(own), -Math.cos(margin)), "float32"); // θ + m ≤ π
    const added = tf.sub(tf.mul(own, Math.cos(margin)), tf.mul(sine, Math.sin(margin)));
    const beyond = tf.sub(own, margin * Math.sin(margin));
    const withMargin = tf.add(tf.mul(within, added), tf.mul(tf.sub(1, within), beyond));
    const logits: tf.Tensor2D = tf.mul(scale, tf.add(cosines, tf.mul(target, tf.sub(withMargin, own))));
    return classSoftmax(logits, target);
  },
});
