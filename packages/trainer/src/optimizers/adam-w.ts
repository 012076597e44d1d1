import { boolean, nonNegativeNumber, oneOf, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { checkOptimizerOptions, type DecayScope, decayScopes, decays, type Optimizer, slotsLikeWeight, twoRates } from "./optimizer.js";

/** Options of {@link adamW} and {@link adam}. */
export interface AdamOptions {
  /** How slowly the averages of the gradient and of its square forget, each from 0 to below 1. Default [0.9, 0.999]. */
  betas?: readonly [number, number] | undefined;
  /** Keeps the division finite where gradients are 0. Default 1e-8. */
  epsilon?: number | undefined;
  /** Default 0.01 for `adamW`, 0 for `adam`. */
  weightDecay?: number | undefined;
  /** Default `"matrices"`. PyTorch's optimizers decay all. */
  decay?: DecayScope | undefined;
  /** Divides by the largest average of squares so far (AMSGrad): steps along a weight never grow again. Default false. */
  amsgrad?: boolean | undefined;
}

/**
 * AdamW: m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← (1 − ηλ)w − η · (m / (1−β₁ᵗ)) / (√(v / (1−β₂ᵗ)) + ε).
 *
 * Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2 (with the learning rate in the decay, as PyTorch has it). AMSGrad: Reddi, Kale &
 * Kumar, "On the convergence of Adam and beyond", ICLR 2018, algorithm 2, with the largest v corrected for its start as PyTorch does.
 * @throws {InvalidArgumentError} when an option is wrong
 */
export function adamW(options: AdamOptions = {}): Optimizer {
  return adamLike("adamW", options, 0.01, true);
}

/**
 * Adam; its weight decay, if any, is added to the gradient: g ← g + λw.
 *
 * Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
 * @throws {InvalidArgumentError} when an option is wrong
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamLike("adam", options, 0, false);
}

function adamLike(name: string, options: AdamOptions, defaultDecay: number, decoupled: boolean): Optimizer {
  checkOptimizerOptions(name, options, {
    betas: twoRates,
    epsilon: positiveFiniteNumber,
    weightDecay: nonNegativeNumber,
    decay: oneOf(decayScopes),
    amsgrad: boolean,
  });
  const { betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = defaultDecay, decay = "matrices", amsgrad = false } = options;
  const [beta1, beta2] = betas;
  return {
    name,
    config: { betas: [beta1, beta2], epsilon, weightDecay, decay, amsgrad },
    elementwise: true,
    slots: slotsLikeWeight("mean", "square", ...(amsgrad ? ["largest"] : [])),
    // The slots are sums, m / (1−β₁) and v / (1−β₂), and √v's scale is taken out of the sum with ε: ten passes over the weights, not thirteen.
    coefficients(learningRate, update) {
      const squareScale = Math.sqrt((1 - beta2) / (1 - beta2 ** update));
      return {
        stepSize: (learningRate * (1 - beta1)) / (1 - beta1 ** update) / squareScale,
        epsilon: epsilon / squareScale,
        kept: 1 - learningRate * weightDecay,
      };
    },
    update({ weight, gradient, slots, coefficients }) {
      const decaying = weightDecay > 0 && decays(decay, weight);
      const g = decaying && !decoupled ? tf.add(gradient, tf.mul(weight, weightDecay)) : gradient;
      const mean = tf.add(tf.mul(slots["mean"]!, beta1), g);
      const square = tf.add(tf.mul(slots["square"]!, beta2), tf.mul(g, g));
      const largest = amsgrad ? tf.maximum(slots["largest"]!, square) : square;
      const divisor = tf.add(tf.sqrt(largest), coefficients["epsilon"]!);
      const kept = decaying && decoupled ? tf.mul(weight, coefficients["kept"]!) : weight;
      const next = { mean, square, ...(amsgrad && { largest }) };
      return { weight: tf.sub(kept, tf.mul(tf.div(mean, divisor), coefficients["stepSize"]!)), slots: next };
    },
  };
}
