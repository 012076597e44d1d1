import { nonNegativeNumber, oneOf } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { checkOptimizerOptions, type DecayScope, decayScopes, decays, type Optimizer, slotsLikeWeight, twoRates } from "./optimizer.js";

/** Options of {@link lion}. */
export interface LionOptions {
  /** Share of the momentum in the direction of a step, and how slowly the momentum forgets, each from 0 to below 1. Default [0.9, 0.99]. */
  betas?: readonly [number, number] | undefined;
  /** Default 0. */
  weightDecay?: number | undefined;
  /** Default `"matrices"`. */
  decay?: DecayScope | undefined;
}

/**
 * Lion: u = sign(β₁m + (1−β₁)g); w ← (1 − ηλ)w − ηu; m ← β₂m + (1−β₂)g. Every weight moves by the same η, so rates are 3 to 10 times lower than
 * AdamW's and decay as much higher. One tensor is kept for each weight, AdamW keeps two.
 *
 * Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023, algorithm 2.
 * @throws {InvalidArgumentError} when an option is wrong
 */
export function lion(options: LionOptions = {}): Optimizer {
  checkOptimizerOptions("lion", options, { betas: twoRates, weightDecay: nonNegativeNumber, decay: oneOf(decayScopes) });
  const { betas = [0.9, 0.99], weightDecay = 0, decay = "matrices" } = options;
  const [beta1, beta2] = betas;
  return {
    name: "lion",
    config: { betas: [beta1, beta2], weightDecay, decay },
    elementwise: true,
    slots: slotsLikeWeight("mean"),
    coefficients: (learningRate) => ({ learningRate, kept: 1 - learningRate * weightDecay }),
    update({ weight, gradient, slots, coefficients }) {
      const direction = tf.sign(tf.add(tf.mul(slots["mean"]!, beta1), tf.mul(gradient, 1 - beta1)));
      const mean = tf.add(tf.mul(slots["mean"]!, beta2), tf.mul(gradient, 1 - beta2));
      const kept = weightDecay > 0 && decays(decay, weight) ? tf.mul(weight, coefficients["kept"]!) : weight;
      return { weight: tf.sub(kept, tf.mul(direction, coefficients["learningRate"]!)), slots: { mean } };
    },
  };
}
