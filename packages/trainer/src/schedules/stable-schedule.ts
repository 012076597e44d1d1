import { fraction, oneOf } from "@quaterion/core";
import { risingThen, type Schedule, type ScheduleOptions } from "./schedule.js";

/** How a {@link stableSchedule} falls at its end. */
export type StableFall = "cosine" | "linear" | "squareRoot";

const falls: Readonly<Record<StableFall, (done: number) => number>> = {
  cosine: (done) => 0.5 * (1 + Math.cos(Math.PI * done)),
  linear: (done) => 1 - done,
  squareRoot: (done) => 1 - Math.sqrt(done),
};

/** Options of {@link stableSchedule}. */
export interface StableScheduleOptions extends ScheduleOptions {
  /** Share of all steps over which the rate falls at the end, 0 to 1. Default 0.2. */
  decay?: number | undefined;
  /** Along which curve. Default `"squareRoot"`: 1 − √x. */
  fall?: StableFall | undefined;
  /** Factor at the end, 0 to 1. Default 0. */
  lowest?: number | undefined;
}

/**
 * Rises over the warm-up, stays, and falls over the last steps ("warm-up, stable, decay"): the same stable part serves runs of several lengths.
 *
 * Hu et al., "MiniCPM: unveiling the potential of small language models with scalable training strategies", COLM 2024; the root: Hägele et al.,
 * "Scaling laws and compute-optimal training beyond fixed training durations", NeurIPS 2024.
 */
export function stableSchedule(options: StableScheduleOptions = {}): Schedule {
  return risingThen(
    "stableSchedule",
    options,
    { decay: fraction, fall: oneOf(["cosine", "linear", "squareRoot"]), lowest: fraction },
    { decay: 0.2, fall: "squareRoot" as StableFall, lowest: 0 },
    ({ since, warmup, steps }, { decay, fall, lowest }) => {
      const falling = Math.min(Math.floor(decay * steps), steps - warmup);
      const fallen = warmup + since - (steps - falling);
      return fallen <= 0 ? 1 : lowest + (1 - lowest) * falls[fall](fallen / falling);
    },
  );
}
