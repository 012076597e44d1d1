import { checkOptions, InvalidArgumentError, positiveFiniteNumber, positiveInteger } from "@quaterion/core";
import { checkFitOptions } from "./check-fit-options.js";
import type { FitCallbacks } from "./events.js";
import { fit } from "./fit.js";
import type { FitOptions } from "./options.js";
import type { ParameterGroups } from "./parameter-groups.js";
import type { Schedule } from "./schedules/schedule.js";
import { fitSettings } from "./settings.js";

/** How {@link learningRateFinder} looks. */
export interface LearningRateSearch {
  /** First rate. Default 1e-7. */
  from?: number;
  /** Last rate. Default 1. */
  to?: number;
  /** Steps from one to the other. Default 100. */
  steps?: number;
}

/** A step of the search. */
export interface LearningRatePoint {
  readonly learningRate: number;
  readonly loss: number;
  /** Average of the losses so far, the last ones weighing most. */
  readonly smoothed: number;
}

/** What a search found. */
export interface LearningRates {
  readonly points: readonly LearningRatePoint[];
  /** The rate at which the loss falls fastest: a good highest rate of a run with a warm-up. */
  readonly suggestion: number;
  /** Whether the search ended before its last rate because the loss had grown to four times its least. */
  readonly diverged: boolean;
}

const smoothing = 0.9;
const divergence = 4;
/** First points of an average, which say little yet. */
const settling = 5;

/**
 * Looks for a learning rate: one short run whose rate grows by the same factor each step, until the loss blows up. Nothing of it is kept; with the same options
 * it takes the same steps. Held-out data, checkpoints, averages and the schedule of the options are left out; groups keep their rates' proportions.
 *
 * Smith, "Cyclical learning rates for training neural networks", WACV 2017, section 3.3; the steepest fall is fastai's choice.
 * @throws {InvalidArgumentError} when the search is wrong, or as {@link fit}
 */
export async function learningRateFinder<Value>(options: FitOptions<Value>, search: LearningRateSearch = {}): Promise<LearningRates> {
  checkFitOptions(options);
  checkOptions("learningRateFinder", search, { from: positiveFiniteNumber, to: positiveFiniteNumber, steps: positiveInteger });
  const { from = 1e-7, to = 1, steps = 100 } = search;
  if (from >= to || steps <= settling)
    throw new InvalidArgumentError(
      `\`learningRateFinder\` goes from a lower rate to a higher one in more than ${settling} steps; received from ${from} to ${to} in ${steps} steps.`,
    );
  const rising: Schedule = { name: "rising", config: { from, to }, factor: (step, all) => (from / to) ** (1 - step / (all - 1)) };
  const { points, add } = smoothedLosses();
  let diverged = false;
  const enough = new AbortController();
  const onStep: FitCallbacks["onStep"] = ({ loss, learningRate }) => {
    diverged = add(learningRate, loss);
    if (diverged) enough.abort();
  };
  const { validation, evaluate, evaluateEvery, best, earlyStopping, checkpoint, resume, ema, epochs, callbacks, logger, ...rest } = options;
  const scale = to / fitSettings(options).learningRate;
  const signal = options.signal ? AbortSignal.any([options.signal, enough.signal]) : enough.signal;
  try {
    await fit({ ...rest, groups: scaled(options.groups, scale), learningRate: to, schedule: rising, steps, signal, callbacks: { onStep } });
  } catch (error) {
    // The loss blew up: that is where the search ends.
    const expected = diverged || ((error as { code?: string }).code === "NON_FINITE" && points.length > settling);
    if (!expected) throw error;
    diverged = true;
  }
  return { points, suggestion: steepest(points), diverged };
}

/** Losses with their average, the last ones weighing most. `add` tells whether the loss has blown up. */
export function smoothedLosses(): { readonly points: readonly LearningRatePoint[]; add(learningRate: number, loss: number): boolean } {
  const points: LearningRatePoint[] = [];
  let [sum, least] = [0, Number.POSITIVE_INFINITY];
  return {
    points,
    add(learningRate, loss) {
      sum = smoothing * sum + (1 - smoothing) * loss;
      const smoothed = sum / (1 - smoothing ** (points.length + 1));
      points.push({ learningRate, loss, smoothed });
      least = Math.min(least, smoothed);
      return points.length > settling && smoothed > divergence * least;
    },
  };
}

function scaled(groups: ParameterGroups | undefined, scale: number): ParameterGroups {
  const entries = Object.entries(groups ?? {}).map(([name, { learningRate, ...group }]) => [
    name,
    { ...group, ...(learningRate !== undefined && { learningRate: learningRate * scale }) },
  ]);
  return Object.fromEntries(entries);
}

/** Where the smoothed loss falls fastest on its way to its least: over the logarithm of the rate, which grows by equal steps. */
export function steepest(points: readonly LearningRatePoint[]): number {
  let lowest = settling;
  for (let i = settling; i < points.length; i++) if (points[i]!.smoothed < points[lowest]!.smoothed) lowest = i;
  let found = lowest;
  let fall = 0;
  for (let i = settling; i < lowest; i++) {
    const change = points[i + 1]!.smoothed - points[i - 1]!.smoothed;
    if (change >= fall) continue;
    fall = change;
    found = i;
  }
  return points[found]!.learningRate;
}
