import { describe, expect, it } from "vitest";
import golden from "../../test/fixtures/optimizers.json" with { type: "json" };
import {
  constantSchedule,
  cosineRestartsSchedule,
  cosineSchedule,
  inverseSquareRootSchedule,
  linearSchedule,
  oneCycleSchedule,
  plateauSchedule,
  polynomialSchedule,
  type Schedule,
  stableSchedule,
} from "./index.js";

const factors = (schedule: Schedule, steps: number) => Array.from({ length: steps }, (_, step) => schedule.factor(step, steps));
const all: readonly ((options?: { warmup?: number }) => Schedule)[] = [
  constantSchedule,
  cosineRestartsSchedule,
  cosineSchedule,
  inverseSquareRootSchedule,
  linearSchedule,
  plateauSchedule,
  polynomialSchedule,
  stableSchedule,
];

interface PeerOptions {
  readonly num_warmup_steps: number | null;
  readonly num_training_steps: number | null;
  readonly num_cycles?: number;
  readonly power?: number;
  readonly lr_end?: number;
  readonly timescale?: number;
  readonly min_lr_rate?: number;
  readonly num_decay_steps?: number;
  readonly decay_type?: "linear";
  readonly min_lr_ratio?: number;
}

/** Our schedule with the options of one of transformers. */
function ours(name: string, options: PeerOptions, rate: number, steps: number): Schedule {
  const warmup = (options.num_warmup_steps ?? 0) / steps;
  switch (name) {
    case "linear":
      return linearSchedule({ warmup });
    case "cosine":
      return cosineSchedule({ warmup, waves: options.num_cycles });
    case "cosine_with_min_lr":
      return cosineSchedule({ warmup, lowest: options.min_lr_rate });
    case "cosine_with_restarts":
      return cosineRestartsSchedule({ warmup, cycles: options.num_cycles ?? 1 });
    case "polynomial":
      return polynomialSchedule({ warmup, power: options.power ?? 1, lowest: (options.lr_end ?? 1e-7) / rate });
    case "constant":
    case "constant_with_warmup":
      return constantSchedule({ warmup });
    case "inverse_sqrt":
      return inverseSquareRootSchedule({ warmup, timescale: options.timescale });
    case "warmup_stable_decay":
      return stableSchedule({
        warmup,
        decay: options.num_decay_steps! / steps,
        fall: options.decay_type ?? "cosine",
        lowest: options.min_lr_ratio,
      });
    default:
      throw new Error(`No schedule stands for ${name}.`);
  }
}

describe("schedules", () => {
  it("rise in equal steps that begin above 0", () => {
    // 10 steps, 0.4 of them rising: 1/5, 2/5, 3/5, 4/5, then the top.
    for (const schedule of all) expect(factors(schedule({ warmup: 0.4 }), 10).slice(0, 5)).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
  });

  it.each(golden.schedules.map((entry) => [entry.name, entry] as const))(
    "%s: after the warm-up, the rates of transformers",
    (name, entry) => {
      const options = entry.options as unknown as PeerOptions;
      const steps = options.num_training_steps ?? 40;
      const rising = options.num_warmup_steps ?? 0;
      const received = factors(ours(name.split("/")[1]!, options, entry.rate, steps), steps);
      expect(entry.lr.length).toBeGreaterThan(rising);
      for (const [i, factor] of received.slice(0, entry.lr.length).entries()) {
        if (i < rising) expect(factor).toBeCloseTo((i + 1) / (rising + 1), 12);
        else expect(factor, `step ${i}`).toBeCloseTo(entry.lr[i]! / entry.rate, 6);
      }
    },
  );

  it.each(golden.oneCycle.map((entry, i) => [i, entry] as const))(
    "one cycle %i is PyTorch's OneCycleLR",
    (_, { steps, options, factors: expected }) => {
      for (const [i, factor] of factors(oneCycleSchedule(options), steps).entries())
        expect(factor, `step ${i}`).toBeCloseTo(expected[i]!, 7);
    },
  );

  it.each(golden.plateau.map((entry, i) => [i, entry] as const))(
    "plateau %i drops when PyTorch's ReduceLROnPlateau does",
    (_, { options, values, higherIsBetter, factors: expected }) => {
      const schedule = plateauSchedule({ warmup: 0, ...options });
      expect(schedule.watches).toBe(true);
      for (const [i, factor] of expected.entries())
        expect(schedule.factor(i, 100, { values: values.slice(0, i + 1), higherIsBetter }), `value ${i}`).toBeCloseTo(factor, 7);
      expect(schedule.factor(0, 100)).toBe(1);
    },
  );

  it("plateau counts what is not a number as no improvement", () => {
    const values = [Number.NaN, 1, Number.NaN, Number.NaN, 2];
    expect(plateauSchedule({ warmup: 0, patience: 2 }).factor(9, 100, { values, higherIsBetter: false })).toBe(0.5);
  });

  it("are above 0 in every step, also in a run of one", () => {
    for (const steps of [1, 2, 9, 300]) {
      for (const schedule of [
        ...all.map((make) => make()),
        oneCycleSchedule(),
        linearSchedule({ warmup: 1 }),
        oneCycleSchedule({ warmup: 0 }),
      ]) {
        expect(Math.min(...factors(schedule, steps))).toBeGreaterThan(0);
        expect(Math.max(...factors(schedule, steps))).toBeLessThanOrEqual(1);
      }
    }
  });

  it("keep their options, with the defaults, for a checkpoint", () => {
    expect(cosineSchedule({ lowest: 0.1 }).config).toEqual({ warmup: 0.1, waves: 0.5, lowest: 0.1 });
    expect(inverseSquareRootSchedule().config).toEqual({ warmup: 0.1, timescale: null });
    expect(linearSchedule({ warmup: undefined }).config).toEqual({ warmup: 0.1 });
  });

  it("name a wrong option", () => {
    expect(() => linearSchedule({ warmup: 2 })).toThrow("`linearSchedule.warmup` must be a number from 0 to 1; received 2.");
    expect(() => cosineSchedule({ warmUp: 0.1 } as object)).toThrow('Did you mean "warmup"?');
    expect(() => plateauSchedule({ drop: 1 })).toThrow("`plateauSchedule.drop` must be a number above 0 and below 1; received 1.");
    expect(() => stableSchedule({ fall: "cosin" as never })).toThrow('Did you mean "cosine"?');
  });
});
