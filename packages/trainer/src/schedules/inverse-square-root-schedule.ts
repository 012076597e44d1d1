import { optional, positiveInteger } from "@quaterion/core";
import { risingThen, type Schedule, type ScheduleOptions } from "./schedule.js";

/** Steps that stand for the warm-up where there is none. */
const withoutWarmup = 10_000;

/** Options of {@link inverseSquareRootSchedule}. */
export interface InverseSquareRootScheduleOptions extends ScheduleOptions {
  /** Steps after which the rate is down to 1/√2. Default: as many as the warm-up has, 10,000 where it has none. */
  timescale?: number | undefined;
}

/**
 * Rises over the warm-up, then falls as one by the root of the steps: √(τ / (τ + i − w)), τ the timescale. It needs no end: longer runs go on.
 *
 * Vaswani et al., "Attention is all you need", NeurIPS 2017, eq. 3 (there the scale is part of the rate).
 */
export function inverseSquareRootSchedule(options: InverseSquareRootScheduleOptions = {}): Schedule {
  return risingThen(
    "inverseSquareRootSchedule",
    options,
    { timescale: optional(positiveInteger) },
    { timescale: null as unknown as number },
    ({ since, warmup }, { timescale }) => {
      const scale = timescale ?? (warmup || withoutWarmup);
      return Math.sqrt(scale / (scale + since));
    },
  );
}
