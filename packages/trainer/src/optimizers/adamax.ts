import { nonNegativeNumber, oneOf, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { checkOptimizerOptions, type DecayScope, decayScopes, decays, type Optimizer, slotsLikeWeight, twoRates } from "./optimizer.js";

/** Options of {@link adamax}. */
export interface AdamaxOptions {
  /** How slowly the average of the gradient and its largest size forget, each from 0 to below 1. Default [0.9, 0.999]. */
  betas?: readonly [number, number] | undefined;
  /** Keeps the division finite where gradients are 0. Default 1e-8. */
  epsilon?: number | undefined;
  /** Added to the gradient. Default 0. */
  weightDecay?: number | undefined;
  /** Default `"matrices"`. PyTorch's optimizers decay all. */
  decay?: DecayScope | undefined;
}

/**
 * Adamax, Adam under the largest gradient: g ← g + λw; m ← β₁m + (1−β₁)g; u ← max(β₂u, |g| + ε); w ← w − η / (1−β₁ᵗ) · m / u.
 *
 * Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 2, in PyTorch's form (ε beside |g|).
 * @throws {InvalidArgumentError} when an option is wrong
 */
export function adamax(options: AdamaxOptions = {}): Optimizer {
  checkOptimizerOptions("adamax", options, {
    betas: twoRates,
    epsilon: positiveFiniteNumber,
    weightDecay: nonNegativeNumber,
    decay: oneOf(decayScopes),
  });
  const { betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0, decay = "matrices" } = options;
  const [beta1, beta2] = betas;
  return {
    name: "adamax",
    config: { betas: [beta1, beta2], epsilon, weightDecay, decay },
    elementwise: true,
    slots: slotsLikeWeight("mean", "largest"),
    coefficients: (learningRate, update) => ({ stepSize: learningRate / (1 - beta1 ** update) }),
    update({ weight, gradient, slots, coefficients }) {
      const g = weightDecay > 0 && decays(decay, weight) ? tf.add(gradient, tf.mul(weight, weightDecay)) : gradient;
      const mean = tf.add(tf.mul(slots["mean"]!, beta1), tf.mul(g, 1 - beta1));
      const largest = tf.maximum(tf.mul(slots["largest"]!, beta2), tf.add(tf.abs(g), epsilon));
      return { weight: tf.sub(weight, tf.mul(tf.div(mean, largest), coefficients["stepSize"]!)), slots: { mean, largest } };
    },
  };
}
