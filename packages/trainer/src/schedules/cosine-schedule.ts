import { fraction, positiveFiniteNumber } from "@quaterion/core";
import { risingThen, type Schedule, type ScheduleOptions } from "./schedule.js";

/** Options of {@link cosineSchedule}. */
export interface CosineScheduleOptions extends ScheduleOptions {
  /** Waves after the warm-up: ½ falls once, 1 falls and rises again. Default 0.5. */
  waves?: number | undefined;
  /** Least factor, 0 to 1. Default 0. */
  lowest?: number | undefined;
}

/**
 * Rises over the warm-up, then goes along a cosine: lowest + (1 − lowest) · ½ (1 + cos(2π · waves · (i − w) / (n − w))).
 *
 * Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, eq. 5, without restarts.
 */
export function cosineSchedule(options: CosineScheduleOptions = {}): Schedule {
  return risingThen(
    "cosineSchedule",
    options,
    { waves: positiveFiniteNumber, lowest: fraction },
    { waves: 0.5, lowest: 0 },
    ({ done }, { waves, lowest }) => lowest + (1 - lowest) * 0.5 * (1 + Math.cos(2 * Math.PI * waves * done)),
  );
}
