import { type Check, fraction, InvalidArgumentError, nonNegativeInteger, nonNegativeNumber, shown } from "@quaterion/core";
import { risingThen, type Schedule, type ScheduleOptions, type Watched } from "./schedule.js";

/** Options of {@link plateauSchedule}. */
export interface PlateauScheduleOptions extends ScheduleOptions {
  /** What the rate is multiplied with each time, above 0 and below 1. Default 0.5. */
  drop?: number | undefined;
  /** Evaluations without improvement that are let pass before the rate drops. Default 2. */
  patience?: number | undefined;
  /** An improvement is one by more than this share of the best value so far. Default 1e-4. */
  threshold?: number | undefined;
  /** Evaluations after a drop that are not counted. Default 0. */
  cooldown?: number | undefined;
  /** Least factor, 0 to 1. Default 0. */
  lowest?: number | undefined;
}

/**
 * Rises over the warm-up, then drops each time that held-out data has not improved for a while (PyTorch's ReduceLROnPlateau). It looks at the metric
 * that `fit` chooses the best weights by, so it wants `validation` or `evaluate`.
 */
export function plateauSchedule(options: PlateauScheduleOptions = {}): Schedule {
  const schedule = risingThen(
    "plateauSchedule",
    options,
    { drop: between0And1, patience: nonNegativeInteger, threshold: nonNegativeNumber, cooldown: nonNegativeInteger, lowest: fraction },
    { drop: 0.5, patience: 2, threshold: 1e-4, cooldown: 0, lowest: 0 },
    ({ watched }, own) => Math.max(own.lowest, own.drop ** drops(watched, own)),
  );
  return { ...schedule, watches: true };
}

function drops(
  watched: Watched | undefined,
  { patience, threshold, cooldown }: { patience: number; threshold: number; cooldown: number },
): number {
  if (!watched) return 0;
  const { values, higherIsBetter } = watched;
  let best = higherIsBetter ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const improves = (value: number) => (higherIsBetter ? value > best * (1 + threshold) : value < best * (1 - threshold));
  let [bad, cooling, dropped] = [0, 0, 0];
  for (const value of values) {
    if (!Number.isFinite(best) ? Number.isFinite(value) : improves(value)) {
      best = value;
      bad = 0;
    } else bad++;
    if (cooling > 0) {
      cooling--;
      bad = 0;
    }
    if (bad <= patience) continue;
    dropped++;
    cooling = cooldown;
    bad = 0;
  }
  return dropped;
}

const between0And1: Check<number> = (value, argument) => {
  if (typeof value === "number" && value > 0 && value < 1) return value;
  throw new InvalidArgumentError(`\`${argument}\` must be a number above 0 and below 1; received ${shown(value)}.`);
};
