import { boolean, nonNegativeNumber, oneOf, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { checkOptimizerOptions, type DecayScope, decayScopes, decays, type Optimizer, slotsLikeWeight, twoRates } from "./optimizer.js";

/** Options of {@link lamb}. */
export interface LambOptions {
  /** How slowly the averages of the gradient and of its square forget, each from 0 to below 1. Default [0.9, 0.999]. */
  betas?: readonly [number, number] | undefined;
  /** Keeps the division finite where gradients are 0. Default 1e-6. */
  epsilon?: number | undefined;
  /** Default 0.01. */
  weightDecay?: number | undefined;
  /** Default `"matrices"`. */
  decay?: DecayScope | undefined;
  /** Never lengthens a step, only shortens it. Default false. */
  clipTrust?: boolean | undefined;
  /** Scales the steps of weights that do not decay too. Default false. */
  alwaysAdapt?: boolean | undefined;
}

/**
 * LAMB, Adam with steps as long as the weights ask for: m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; u = (m / (1−β₁ᵗ)) / (√(v / (1−β₂ᵗ)) + ε) + λw;
 * w ← w − η · ‖w‖/‖u‖ · u, the lengths taken over each weight tensor; a length of 0, and a tensor that does not decay (unless `alwaysAdapt`), take
 * the factor 1. Made for batches of thousands. It is customary with `fit({ clipNorm: 1 })`.
 *
 * You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", ICLR 2020, algorithm 2, with φ(z) = z, as timm has it
 * (which clips to length 1 by itself).
 * @throws {InvalidArgumentError} when an option is wrong
 */
export function lamb(options: LambOptions = {}): Optimizer {
  checkOptimizerOptions("lamb", options, {
    betas: twoRates,
    epsilon: positiveFiniteNumber,
    weightDecay: nonNegativeNumber,
    decay: oneOf(decayScopes),
    clipTrust: boolean,
    alwaysAdapt: boolean,
  });
  const { betas = [0.9, 0.999], epsilon = 1e-6, weightDecay = 0.01, decay = "matrices" } = options;
  const { clipTrust = false, alwaysAdapt = false } = options;
  const [beta1, beta2] = betas;
  return {
    name: "lamb",
    config: { betas: [beta1, beta2], epsilon, weightDecay, decay, clipTrust, alwaysAdapt },
    slots: slotsLikeWeight("mean", "square"),
    coefficients: (learningRate, update) => ({
      learningRate,
      meanScale: 1 / (1 - beta1 ** update),
      squareScale: 1 / (1 - beta2 ** update),
    }),
    update({ weight, gradient, slots, coefficients }) {
      const decaying = weightDecay > 0 && decays(decay, weight);
      const mean = tf.add(tf.mul(slots["mean"]!, beta1), tf.mul(gradient, 1 - beta1));
      const square = tf.add(tf.mul(slots["square"]!, beta2), tf.mul(tf.mul(gradient, gradient), 1 - beta2));
      const divisor = tf.add(tf.sqrt(tf.mul(square, coefficients["squareScale"]!)), epsilon);
      const adam = tf.div(tf.mul(mean, coefficients["meanScale"]!), divisor);
      const step = decaying ? tf.add(adam, tf.mul(weight, weightDecay)) : adam;
      const rate = decaying || alwaysAdapt ? tf.mul(trust(weight, step, clipTrust), coefficients["learningRate"]!) : undefined;
      return { weight: tf.sub(weight, tf.mul(step, rate ?? coefficients["learningRate"]!)), slots: { mean, square } };
    },
  };
}

/** ‖w‖ / ‖u‖, 1 where either is 0. */
function trust(weight: tf.Tensor, step: tf.Tensor, clipped: boolean): tf.Tensor {
  const length = (values: tf.Tensor) => tf.sqrt(tf.sum(tf.mul(values, values)));
  const [ofWeight, ofStep] = [length(weight), length(step)];
  const usable = tf.logicalAnd(tf.greater(ofWeight, 0), tf.greater(ofStep, 0));
  const ratio = tf.where(usable, tf.div(ofWeight, tf.where(usable, ofStep, tf.onesLike(ofStep))), tf.onesLike(ofStep));
  return clipped ? tf.minimum(ratio, 1) : ratio;
}
