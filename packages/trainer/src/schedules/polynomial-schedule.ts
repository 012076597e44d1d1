import { fraction, positiveFiniteNumber } from "@quaterion/core";
import { risingThen, type Schedule, type ScheduleOptions } from "./schedule.js";

/** Options of {@link polynomialSchedule}. */
export interface PolynomialScheduleOptions extends ScheduleOptions {
  /** 1 is a straight line; above 1 the rate falls fast at first. Default 2. */
  power?: number | undefined;
  /** Factor at the end, 0 to 1. Default 0. */
  lowest?: number | undefined;
}

/** Rises over the warm-up, then falls as a power: lowest + (1 − lowest) · ((n − i) / (n − w))^power. */
export function polynomialSchedule(options: PolynomialScheduleOptions = {}): Schedule {
  return risingThen(
    "polynomialSchedule",
    options,
    { power: positiveFiniteNumber, lowest: fraction },
    { power: 2, lowest: 0 },
    ({ done }, { power, lowest }) => lowest + (1 - lowest) * (1 - done) ** power,
  );
}
