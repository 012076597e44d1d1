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

  it("follow their formulas where no peer has the option", () => {
    const rounded = (schedule: Schedule, steps: number) => factors(schedule, steps).map((factor) => Number(factor.toFixed(6)));
    // ½ (1 + cos(π x)) at x = 0, ½, 0, ½ is 1, ½, 1, ½; from 0.2 up.
    expect(rounded(cosineRestartsSchedule({ warmup: 0, cycles: 2, lowest: 0.2 }), 4)).toEqual([1, 0.6, 1, 0.6]);
    // The last 4 of 9 steps (⌊0.5 · 9⌋) fall along 1 − √x, from the fifth on: x = 0, ¼, ½, ¾.
    expect(rounded(stableSchedule({ warmup: 0, decay: 0.5, fall: "squareRoot" }), 9)).toEqual(
      [1, 1, 1, 1, 1, 1, 0.5, 1 - Math.SQRT1_2, 1 - Math.sqrt(0.75)].map((factor) => Number(factor.toFixed(6))),
    );
    // A fall that is longer than what the warm-up leaves (8 of 10 steps) takes all of that: x = 0, ⅛, …
    expect(rounded(stableSchedule({ warmup: 0.2, decay: 1, fall: "linear" }), 10).slice(2, 5)).toEqual([1, 0.875, 0.75]);
    // Without a warm-up the rate is down to 1/√2 after 10,000 steps.
    expect(inverseSquareRootSchedule({ warmup: 0 }).factor(10_000, 20_000)).toBeCloseTo(Math.SQRT1_2, 12);
    // ⌊0.25 · 10⌋ = 2 steps rise.
    expect(rounded(constantSchedule({ warmup: 0.25 }), 10).slice(0, 3)).toEqual([0.333333, 0.666667, 1]);
    // One cycle without a rise begins at its top: along the cosine from 1 to 1/4 / 4 in 4 steps.
    expect(rounded(oneCycleSchedule({ warmup: 0, startDivisor: 4, endDivisor: 4 }), 5)).toEqual([1, 0.862706, 0.53125, 0.199794, 0.0625]);
    // An equal value is no improvement, whatever the direction.
    const still = { values: [2, 2], higherIsBetter: true };
    for (const watched of [still, { ...still, higherIsBetter: false }])
      expect(plateauSchedule({ warmup: 0, patience: 0, threshold: 0 }).factor(9, 100, watched)).toBe(0.5);
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
    expect(cosineRestartsSchedule().config).toEqual({ warmup: 0.1, cycles: 2, lowest: 0 });
    expect(plateauSchedule().config).toEqual({ warmup: 0.1, drop: 0.5, patience: 2, threshold: 1e-4, cooldown: 0, lowest: 0 });
    expect(polynomialSchedule().config).toEqual({ warmup: 0.1, power: 2, lowest: 0 });
    expect(stableSchedule().config).toEqual({ warmup: 0.1, decay: 0.2, fall: "squareRoot", lowest: 0 });
    expect(oneCycleSchedule().config).toEqual({ warmup: 0.3, startDivisor: 25, endDivisor: 10_000 });
  });

  it("name a wrong option", () => {
    expect(() => linearSchedule({ warmup: 2 })).toThrow("`linearSchedule.warmup` must be a number from 0 to 1; received 2.");
    expect(() => cosineSchedule({ warmUp: 0.1 } as object)).toThrow('Did you mean "warmup"?');
    expect(() => plateauSchedule({ drop: 1 })).toThrow("`plateauSchedule.drop` must be a number above 0 and below 1; received 1.");
    expect(() => plateauSchedule({ drop: 0 })).toThrow("received 0.");
    expect(() => cosineRestartsSchedule({ lowest: 2 })).toThrow("`cosineRestartsSchedule.lowest`");
    expect(() => stableSchedule({ fall: "cosin" as never })).toThrow('Did you mean "cosine"?');
  });
});
