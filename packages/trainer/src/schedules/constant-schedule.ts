import { risingThen, type Schedule, type ScheduleOptions } from "./schedule.js";

/** Rises over the warm-up, then stays. */
export function constantSchedule(options: ScheduleOptions = {}): Schedule {
  return risingThen("constantSchedule", options, {}, {}, () => 1);
}
