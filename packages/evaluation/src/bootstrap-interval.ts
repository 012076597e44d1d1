import { checkOptions, InvalidArgumentError, list, positiveInteger, Random } from "@quaterion/core";
import type { Interval } from "./interval.js";

export interface BootstrapOptions {
  /** Default 0: the same values and seed give the same interval. */
  seed?: number | undefined;
  /** Resamples; default 1000. */
  resamples?: number | undefined;
}

/**
 * The mean of values with a 95 % percentile bootstrap interval: the values are drawn with replacement, and the 2.5 % and 97.5 % points of the means taken.
 * Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 1979.
 * @throws {InvalidArgumentError} when there is no value, or one that is not finite
 */
export function bootstrapInterval(values: ArrayLike<number>, options: BootstrapOptions = {}): Interval {
  checkOptions("bootstrapInterval", options, { seed: (value) => new Random(value as number), resamples: positiveInteger });
  const { seed = 0, resamples = 1000 } = options;
  const means = bootstrapMeans(values, seed, resamples);
  const sum = Array.from(values).reduce((total, value) => total + value, 0);
  return { value: sum / values.length, low: percentile(means, 0.025), high: percentile(means, 0.975), n: values.length };
}

/** Means of resamples, ascending. */
export function bootstrapMeans(values: ArrayLike<number>, seed: number, resamples: number): Float64Array {
  if (list(values, "values").length === 0) throw new InvalidArgumentError("`values` must hold at least one number; received none.");
  const bad = Array.from(values).findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new InvalidArgumentError(`\`values[${bad}]\` must be a finite number; received ${values[bad]}.`);
  const random = new Random(seed);
  return Float64Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[random.integer(values.length)]!;
    return sum / values.length;
  }).sort();
}

/** The value below which a share of sorted values lies, interpolated. */
export function percentile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  return below + (sorted[Math.ceil(at)]! - below) * (at - Math.floor(at));
}
