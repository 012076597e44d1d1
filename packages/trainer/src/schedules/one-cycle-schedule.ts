import { checkOptions, fraction, type Json, positiveFiniteNumber } from "@quaterion/core";
import type { Schedule, ScheduleOptions } from "./schedule.js";

/** Options of {@link oneCycleSchedule}. */
export interface OneCycleScheduleOptions extends ScheduleOptions {
  /** Share of the steps over which the rate rises, 0 to 1. Default 0.3. */
  warmup?: number | undefined;
  /** The first rate is the highest one by this. Default 25. */
  startDivisor?: number | undefined;
  /** The last rate is the first one by this. Default 10,000. */
  endDivisor?: number | undefined;
}

/**
 * One cycle: up along half a cosine from a 25th of the highest rate, then down along another to far below where it began. The peak is at step
 * warmup · n − 1, the end at step n − 1.
 *
 * Smith & Topin, "Super-convergence: very fast training of neural networks using large learning rates", 2019, as PyTorch's OneCycleLR has it;
 * momentum stays as it is.
 */
export function oneCycleSchedule(options: OneCycleScheduleOptions = {}): Schedule {
  checkOptions("oneCycleSchedule", options, { warmup: fraction, startDivisor: positiveFiniteNumber, endDivisor: positiveFiniteNumber });
  const { warmup = 0.3, startDivisor = 25, endDivisor = 1e4 } = options;
  const start = 1 / startDivisor;
  const end = start / endDivisor;
  return {
    name: "oneCycle",
    config: { warmup, startDivisor, endDivisor } as Json,
    factor(step, steps) {
      const peak = warmup * steps - 1;
      const along = (from: number, to: number, share: number) => to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, share)));
      if (step < peak) return along(start, 1, step / peak);
      return along(1, end, (step - Math.max(peak, 0)) / Math.max(1, steps - 1 - Math.max(peak, 0)));
    },
  };
}
