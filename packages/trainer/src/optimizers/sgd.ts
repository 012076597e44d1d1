import { boolean, InvalidArgumentError, nonNegativeNumber, oneOf } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { checkOptimizerOptions, type DecayScope, decayScopes, decays, type Optimizer, slotsLikeWeight } from "./optimizer.js";

/** Options of {@link sgd}. */
export interface SgdOptions {
  /** Share of the last update that goes on, 0 or more. Default 0.9. */
  momentum?: number | undefined;
  /** Share of the gradient that the momentum does not take up, after the first update. Default 0. */
  dampening?: number | undefined;
  /** Looks ahead by one momentum step. Default false. */
  nesterov?: boolean | undefined;
  /** Default 0. */
  weightDecay?: number | undefined;
  /** Default `"matrices"`. PyTorch's optimizers decay all. */
  decay?: DecayScope | undefined;
}

/**
 * Gradient descent with momentum: g ← g + λw; v ← μv + (1−d)g (v ← g at first); w ← w − ηv, with `nesterov` w ← w − η(g + μv).
 *
 * Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013, in PyTorch's form (the rate outside of v).
 * @throws {InvalidArgumentError} when an option is wrong, or `nesterov` comes without momentum or with dampening
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  checkOptimizerOptions("sgd", options, {
    momentum: nonNegativeNumber,
    dampening: nonNegativeNumber,
    nesterov: boolean,
    weightDecay: nonNegativeNumber,
    decay: oneOf(decayScopes),
  });
  const { momentum = 0.9, dampening = 0, nesterov = false, weightDecay = 0, decay = "matrices" } = options;
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    throw new InvalidArgumentError(
      `\`sgd.nesterov\` needs momentum above 0 and dampening 0; received momentum ${momentum} and dampening ${dampening}.`,
    );
  }
  return {
    name: "sgd",
    config: { momentum, dampening, nesterov, weightDecay, decay },
    elementwise: true,
    slots: slotsLikeWeight(...(momentum > 0 ? ["velocity"] : [])),
    coefficients: (learningRate, update) => ({ learningRate, taken: update === 1 ? 1 : 1 - dampening }),
    update({ weight, gradient, slots, coefficients }): ReturnType<Optimizer["update"]> {
      const rate = coefficients["learningRate"]!;
      const g = weightDecay > 0 && decays(decay, weight) ? tf.add(gradient, tf.mul(weight, weightDecay)) : gradient;
      if (momentum === 0) return { weight: tf.sub(weight, tf.mul(g, rate)), slots: {} };
      const velocity = tf.add(tf.mul(slots["velocity"]!, momentum), tf.mul(g, coefficients["taken"]!));
      const direction = nesterov ? tf.add(g, tf.mul(velocity, momentum)) : velocity;
      return { weight: tf.sub(weight, tf.mul(direction, rate)), slots: { velocity } };
    },
  };
}
