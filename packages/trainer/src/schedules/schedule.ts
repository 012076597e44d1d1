import { type Check, checkOptions, fraction, type Json } from "@quaterion/core";

/** What evaluations of held-out data have said so far, in order. */
export interface Watched {
  readonly values: readonly number[];
  readonly higherIsBetter: boolean;
}

/** How the learning rate goes through a run. */
export interface Schedule {
  readonly name: string;
  /** Options, as they are kept with a checkpoint. */
  readonly config: Json;
  /** True where it looks at evaluations: `fit` then asks for `validation` or `evaluate`. */
  readonly watches?: boolean;
  /**
   * What the learning rate is multiplied with at `step` (from 0) of `steps`. It follows from what it is given alone, so that a run that goes on from
   * a checkpoint has the rates of one that never stopped.
   */
  factor(step: number, steps: number, watched?: Watched): number;
}

/** Options that every schedule has. */
export interface ScheduleOptions {
  /** Share of the steps over which the rate rises, 0 to 1. Default 0.1. */
  warmup?: number | undefined;
}

/** A step after the warm-up. */
export interface AfterWarmup {
  /** Steps since the warm-up, and steps of the warm-up. */
  readonly since: number;
  readonly warmup: number;
  readonly steps: number;
  /** Share of the steps after the warm-up that are done, 0 to below 1. */
  readonly done: number;
  readonly watched: Watched | undefined;
}

/**
 * A schedule that rises in equal steps over the warm-up, (i + 1) / (w + 1) for i < w with w = ⌊warmup · n⌋, then goes on as `after` says. Above 0 at
 * every step of the warm-up, so that the first step of a short run counts (Python's transformers rises by i / w and so wastes it).
 */
export function risingThen<Options extends ScheduleOptions>(
  name: string,
  options: Options,
  checks: Readonly<Record<Exclude<keyof Options, "warmup">, Check<unknown>>>,
  defaults: Required<Omit<Options, "warmup">>,
  after: (step: AfterWarmup, options: Required<Omit<Options, "warmup">>) => number,
): Schedule {
  checkOptions(name, options, { warmup: fraction, ...checks });
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const { warmup = 0.1, ...rest } = { ...defaults, ...given } as ScheduleOptions & Required<Omit<Options, "warmup">>;
  const own = rest as unknown as Required<Omit<Options, "warmup">>;
  return {
    name: name.replace(/Schedule$/, ""),
    config: { warmup, ...own } as Json,
    factor(step, steps, watched) {
      const rising = Math.floor(warmup * steps);
      if (step < rising) return (step + 1) / (rising + 1);
      const since = step - rising;
      return after({ since, warmup: rising, steps, done: since / (steps - rising), watched }, own);
    },
  };
}
