import { checkOptions, fraction, type Json } from "@quaterion/core";

/** How the learning rate goes through a run. */
export interface Schedule {
  readonly name: string;
  /** Options, as they are kept with a checkpoint. */
  readonly config: Json;
  /** What the learning rate is multiplied with at `step` (from 0) of `steps`. */
  factor(step: number, steps: number): number;
}

/** Options of the schedules. */
export interface ScheduleOptions {
  /** Share of the steps over which the rate rises, 0 to 1. Default 0.1. */
  warmup?: number;
}

/**
 * Rises in equal steps over the warm-up, then falls in a straight line: (i + 1) / (w + 1) for i < w, then (n − i) / (n − w), with
 * w = ⌊warmup · n⌋. Above 0 at every step, so that the first step of a short run counts (the schedule of the same name in Python's
 * transformers rises by i / w and so wastes it).
 */
export function linearSchedule(options: ScheduleOptions = {}): Schedule {
  return risingThen("linear", options, (done) => 1 - done);
}

/**
 * Rises like {@link linearSchedule}, then falls along half a cosine: ½ (1 + cos(π (i − w) / (n − w))).
 *
 * Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, eq. 5, without restarts.
 */
export function cosineSchedule(options: ScheduleOptions = {}): Schedule {
  return risingThen("cosine", options, (done) => 0.5 * (1 + Math.cos(Math.PI * done)));
}

/** Rises like {@link linearSchedule}, then stays. */
export function constantSchedule(options: ScheduleOptions = {}): Schedule {
  return risingThen("constant", options, () => 1);
}

function risingThen(name: string, options: ScheduleOptions, after: (done: number) => number): Schedule {
  checkOptions(`${name}Schedule`, options, { warmup: fraction });
  const { warmup = 0.1 } = options;
  return {
    name,
    config: { warmup },
    factor(step, steps) {
      const rising = Math.floor(warmup * steps);
      return step < rising ? (step + 1) / (rising + 1) : after((step - rising) / (steps - rising));
    },
  };
}
