import { fraction, positiveInteger } from "@quaterion/core";
import { risingThen, type Schedule, type ScheduleOptions } from "./schedule.js";

/** Options of {@link cosineRestartsSchedule}. */
export interface CosineRestartsScheduleOptions extends ScheduleOptions {
  /** Times that the rate falls. Default 2. */
  cycles?: number | undefined;
  /** Least factor, 0 to 1. Default 0. */
  lowest?: number | undefined;
}

/**
 * Rises over the warm-up, then falls along half a cosine `cycles` times, each time from the top:
 * lowest + (1 − lowest) · ½ (1 + cos(π · frac(cycles · (i − w) / (n − w)))).
 *
 * Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, eq. 5, cycles of one length.
 */
export function cosineRestartsSchedule(options: CosineRestartsScheduleOptions = {}): Schedule {
  return risingThen(
    "cosineRestartsSchedule",
    options,
    { cycles: positiveInteger, lowest: fraction },
    { cycles: 2, lowest: 0 },
    ({ done }, { cycles, lowest }) => lowest + (1 - lowest) * 0.5 * (1 + Math.cos(Math.PI * ((cycles * done) % 1))),
  );
}
