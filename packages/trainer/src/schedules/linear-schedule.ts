import { risingThen, type Schedule, type ScheduleOptions } from "./schedule.js";

/** Rises over the warm-up, then falls in a straight line: (n − i) / (n − w) at step i of n, after w steps of warm-up. */
export function linearSchedule(options: ScheduleOptions = {}): Schedule {
  return risingThen("linearSchedule", options, {}, {}, ({ done }) => 1 - done);
}
