import { positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { angleOption } from "./angle-option.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { detach } from "./detach.js";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";

/** sin² below which float32 can't tell the angle from 0 or π. */
const leastSquaredSine = 1e-6;

/**
 * Tuplet margin loss: each similar pair against all that its anchor is dissimilar to, by angle, with some slack for pairs that are near enough.
 * Over similar pairs (a, p) whose anchor has a dissimilar sample, the mean of log(1 + Σ_n exp(scale (cos θ_an − cos(θ_ap − slack)))).
 * The slack makes a similar pair at that angle as good as one at angle 0, so that no effort goes into pulling it further. The gradient of a pair
 * at angle 0 is taken as 0.
 * `slack` β (0.1, radians), `scale` s (64).
 * Use it for fine-grained classes whose samples truly differ, where pulling every pair together overfits.
 *
 * Yu & Tao, "Deep metric learning with tuplet margin loss", ICCV 2019, eq. 5.
 * @throws {InvalidArgumentError} when `slack` is not an angle from 0 to π/2 or `scale` not a finite number above 0
 */
export const tupletMargin = defineRelationLoss({
  name: "tupletMargin",
  defaults: { slack: 0.1, scale: 64 },
  check: { slack: angleOption(Math.PI / 2, "π/2"), scale: positiveFiniteNumber },
  compute({ anchors, candidates, similar, dissimilar }, { slack, scale }) {
    const s = cosineSimilarities(anchors, candidates); // [batch, candidates]
    const squaredSine = tf.sub(1, tf.mul(s, s));
    const turned = tf.cast(tf.greater(detach(squaredSine), leastSquaredSine), "float32");
    // The root is taken of 1 where the angle is 0 or π, so that its gradient stays finite there.
    const sine = tf.mul(turned, tf.sqrt(tf.add(tf.mul(squaredSine, turned), tf.sub(1, turned))));
    const slackened = tf.add(tf.mul(s, Math.cos(slack)), tf.mul(sine, Math.sin(slack))); // cos(θ − slack)
    const negatives = maskedLogSumExp(tf.mul(scale, s), dissimilar); // [batch, 1]
    const counted = tf.mul(similar, tf.minimum(tf.sum(dissimilar, 1, true), 1));
    return { terms: tf.softplus(tf.sub(negatives, tf.mul(scale, slackened))), counted };
  },
});
