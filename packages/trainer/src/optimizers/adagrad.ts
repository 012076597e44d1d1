import { nonNegativeNumber, oneOf, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { checkOptimizerOptions, type DecayScope, decayScopes, decays, type Optimizer, slotsLikeWeight } from "./optimizer.js";

/** Options of {@link adagrad}. */
export interface AdagradOptions {
  /** Makes the rate fall as 1 / (1 + (t − 1) · rateDecay). Default 0. */
  rateDecay?: number | undefined;
  /** Keeps the division finite where gradients are 0. Default 1e-10. */
  epsilon?: number | undefined;
  /** Added to the gradient. Default 0. */
  weightDecay?: number | undefined;
  /** Default `"matrices"`. PyTorch's optimizers decay all. */
  decay?: DecayScope | undefined;
}

/**
 * Adagrad: g ← g + λw; s ← s + g²; w ← w − η / (1 + (t−1)·rateDecay) · g / (√s + ε). Weights that seldom have a gradient keep a high rate.
 *
 * Duchi, Hazan & Singer, "Adaptive subgradient methods for online learning and stochastic optimization", JMLR 2011, in PyTorch's form.
 * @throws {InvalidArgumentError} when an option is wrong
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  checkOptimizerOptions("adagrad", options, {
    rateDecay: nonNegativeNumber,
    epsilon: positiveFiniteNumber,
    weightDecay: nonNegativeNumber,
    decay: oneOf(decayScopes),
  });
  const { rateDecay = 0, epsilon = 1e-10, weightDecay = 0, decay = "matrices" } = options;
  return {
    name: "adagrad",
    config: { rateDecay, epsilon, weightDecay, decay },
    elementwise: true,
    slots: slotsLikeWeight("square"),
    coefficients: (learningRate, update) => ({ learningRate: learningRate / (1 + (update - 1) * rateDecay) }),
    update({ weight, gradient, slots, coefficients }) {
      const g = weightDecay > 0 && decays(decay, weight) ? tf.add(gradient, tf.mul(weight, weightDecay)) : gradient;
      const square = tf.add(slots["square"]!, tf.mul(g, g));
      const step = tf.div(g, tf.add(tf.sqrt(square), epsilon));
      return { weight: tf.sub(weight, tf.mul(step, coefficients["learningRate"]!)), slots: { square } };
    },
  };
}
