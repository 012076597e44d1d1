import { boolean, nonNegativeNumber, oneOf, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { checkOptimizerOptions, type DecayScope, decayScopes, decays, type Optimizer, rate, slotsLikeWeight } from "./optimizer.js";

/** Options of {@link rmsProp}. */
export interface RmsPropOptions {
  /** How slowly the average of squares forgets, from 0 to below 1. Default 0.99. */
  alpha?: number | undefined;
  /** Keeps the division finite where gradients are 0. Default 1e-8. */
  epsilon?: number | undefined;
  /** Share of the last update that goes on, 0 or more. Default 0. */
  momentum?: number | undefined;
  /** Divides by the spread of the gradient about its average. Default false. */
  centered?: boolean | undefined;
  /** Added to the gradient. Default 0. */
  weightDecay?: number | undefined;
  /** Default `"matrices"`. PyTorch's optimizers decay all. */
  decay?: DecayScope | undefined;
}

/**
 * RMSprop: g ← g + λw; v ← αv + (1−α)g²; u = g / (√v + ε); w ← w − ηu, with momentum b ← μb + u; w ← w − ηb. Centered: √(v − m²) in the place of √v,
 * with m ← αm + (1−α)g.
 *
 * Tieleman & Hinton, "Lecture 6.5: rmsprop", Coursera 2012; centered: Graves, "Generating sequences with recurrent neural networks", 2013.
 * In PyTorch's form (ε outside of the root).
 * @throws {InvalidArgumentError} when an option is wrong
 */
export function rmsProp(options: RmsPropOptions = {}): Optimizer {
  checkOptimizerOptions("rmsProp", options, {
    alpha: rate,
    epsilon: positiveFiniteNumber,
    momentum: nonNegativeNumber,
    centered: boolean,
    weightDecay: nonNegativeNumber,
    decay: oneOf(decayScopes),
  });
  const { alpha = 0.99, epsilon = 1e-8, momentum = 0, centered = false, weightDecay = 0, decay = "matrices" } = options;
  return {
    name: "rmsProp",
    config: { alpha, epsilon, momentum, centered, weightDecay, decay },
    elementwise: true,
    slots: slotsLikeWeight("square", ...(centered ? ["mean"] : []), ...(momentum > 0 ? ["velocity"] : [])),
    coefficients: (learningRate) => ({ learningRate }),
    update({ weight, gradient, slots, coefficients }) {
      const g = weightDecay > 0 && decays(decay, weight) ? tf.add(gradient, tf.mul(weight, weightDecay)) : gradient;
      const square = tf.add(tf.mul(slots["square"]!, alpha), tf.mul(tf.mul(g, g), 1 - alpha));
      const mean = centered ? tf.add(tf.mul(slots["mean"]!, alpha), tf.mul(g, 1 - alpha)) : undefined;
      // Rounding can bring v − m² below 0, where the root would be NaN.
      const spread = mean ? tf.relu(tf.sub(square, tf.mul(mean, mean))) : square;
      const step = tf.div(g, tf.add(tf.sqrt(spread), epsilon));
      const velocity = momentum > 0 ? tf.add(tf.mul(slots["velocity"]!, momentum), step) : undefined;
      return {
        weight: tf.sub(weight, tf.mul(velocity ?? step, coefficients["learningRate"]!)),
        slots: { square, ...(mean && { mean }), ...(velocity && { velocity }) },
      };
    },
  };
}
