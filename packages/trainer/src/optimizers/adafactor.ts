import { boolean, type Check, InvalidArgumentError, nonNegativeNumber, oneOf, positiveFiniteNumber, shown } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { checkOptimizerOptions, type DecayScope, decayScopes, decays, type Optimizer, rate } from "./optimizer.js";

/** Options of {@link adafactor}. */
export interface AdafactorOptions {
  /** Lets the rate fall: min(η, 1/√t), where η is the run's learning rate. The paper has η = 0.01. Default true. */
  relativeStep?: boolean | undefined;
  /** Multiplies the rate with the weights' own size, their root mean square. Default true. */
  scaleParameter?: boolean | undefined;
  /** Longest step, as a root mean square, before the rate. Default 1. */
  clipThreshold?: number | undefined;
  /** The average of squares keeps 1 − t^−decayRate at update t. Default 0.8. */
  decayRate?: number | undefined;
  /** Share of the last update that goes on, from 0 to below 1. Default 0: nothing is kept for it. */
  momentum?: number | undefined;
  /** Least squared gradient, and least size of weights for `scaleParameter`. Default [1e-30, 1e-3]. */
  epsilons?: readonly [number, number] | undefined;
  /** Default 0. */
  weightDecay?: number | undefined;
  /** Default `"matrices"`. */
  decay?: DecayScope | undefined;
}

/**
 * Adafactor: an average of squared gradients that is kept by rows and columns alone, so that a `[n, m]` weight costs n + m numbers, not n · m.
 * With β = 1 − t^−decayRate: r ← βr + (1−β) rowMeans(g² + ε₁), c ← βc + (1−β) columnMeans(g² + ε₁); u = g / √(r cᵀ / mean(r)); for vectors
 * u = g / √v with v ← βv + (1−β)(g² + ε₁). Then u ← u / max(1, RMS(u) / clipThreshold), α = η · max(ε₂, RMS(w)), w ← (1 − αλ)w − αu.
 *
 * Shazeer & Stern, "Adafactor: adaptive learning rates with sublinear memory cost", ICML 2018, algorithms 4 and 5; momentum and decay as
 * transformers has them.
 * @throws {InvalidArgumentError} when an option is wrong
 */
export function adafactor(options: AdafactorOptions = {}): Optimizer {
  checkOptimizerOptions("adafactor", options, {
    relativeStep: boolean,
    scaleParameter: boolean,
    clipThreshold: positiveFiniteNumber,
    decayRate: positiveFiniteNumber,
    momentum: rate,
    epsilons: twoPositive,
    weightDecay: nonNegativeNumber,
    decay: oneOf(decayScopes),
  });
  const { relativeStep = true, scaleParameter = true, clipThreshold = 1, decayRate = 0.8, momentum = 0 } = options;
  const { epsilons = [1e-30, 1e-3], weightDecay = 0, decay = "matrices" } = options;
  const [leastSquare, leastSize] = epsilons;
  return {
    name: "adafactor",
    config: { relativeStep, scaleParameter, clipThreshold, decayRate, momentum, epsilons: [leastSquare, leastSize], weightDecay, decay },
    slots: (shape) => ({
      ...(shape.length >= 2 ? { rows: shape.slice(0, -1), columns: [...shape.slice(0, -2), shape.at(-1)!] } : { square: shape }),
      ...(momentum > 0 && { velocity: shape }),
    }),
    coefficients(learningRate, update) {
      const kept = 1 - update ** -decayRate;
      return { learningRate: relativeStep ? Math.min(learningRate, 1 / Math.sqrt(update)) : learningRate, kept, taken: 1 - kept };
    },
    update({ weight, gradient, slots, coefficients }) {
      const average = (slot: string, fresh: tf.Tensor): tf.Tensor =>
        tf.add(tf.mul(slots[slot]!, coefficients["kept"]!), tf.mul(fresh, coefficients["taken"]!));
      const squares = tf.add(tf.mul(gradient, gradient), leastSquare);
      const next: Record<string, tf.Tensor> =
        weight.rank >= 2
          ? { rows: average("rows", tf.mean(squares, -1)), columns: average("columns", tf.mean(squares, -2)) }
          : { square: average("square", squares) };
      const raw = tf.mul(gradient, next["square"] ? tf.rsqrt(next["square"]) : inverseRoots(next["rows"]!, next["columns"]!));
      const clipped = tf.div(raw, tf.maximum(1, tf.div(rootMeanSquare(raw), clipThreshold)));
      const { learningRate } = coefficients;
      const alpha = scaleParameter ? tf.mul(learningRate!, tf.maximum(leastSize, rootMeanSquare(weight))) : learningRate!;
      let step: tf.Tensor = tf.mul(clipped, alpha);
      if (momentum > 0) {
        step = tf.add(tf.mul(slots["velocity"]!, momentum), tf.mul(step, 1 - momentum));
        next["velocity"] = step;
      }
      const decaying = weightDecay > 0 && decays(decay, weight);
      return { weight: tf.sub(decaying ? tf.mul(weight, tf.sub(1, tf.mul(alpha, weightDecay))) : weight, step), slots: next };
    },
  };
}

/** 1 / √(r cᵀ / mean(r)) of rows `[…, n]` and columns `[…, m]`, `[…, n, m]`; as two roots, for the product of two small numbers could be 0. */
function inverseRoots(rows: tf.Tensor, columns: tf.Tensor): tf.Tensor {
  const ofRows = tf.rsqrt(tf.div(rows, tf.mean(rows, -1, true)));
  return tf.mul(tf.expandDims(ofRows, -1), tf.expandDims(tf.rsqrt(columns), -2));
}

function rootMeanSquare(values: tf.Tensor): tf.Tensor {
  return tf.sqrt(tf.mean(tf.mul(values, values)));
}

const twoPositive: Check<readonly [number, number]> = (value, argument) => {
  if (Array.isArray(value) && value.length === 2 && value.every((each) => Number.isFinite(each) && each > 0))
    return value as [number, number];
  throw new InvalidArgumentError(
    `\`${argument}\` must be two finite numbers above 0; received ${Array.isArray(value) ? JSON.stringify(value) : shown(value)}.`,
  );
};
