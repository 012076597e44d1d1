import { describe, expect, it } from "vitest";
import golden from "../test/fixtures/optimizers.json" with { type: "json" };
import { constantSchedule, cosineSchedule, linearSchedule } from "./schedules.js";

const factors = (schedule: ReturnType<typeof linearSchedule>, steps: number) =>
  Array.from({ length: steps }, (_, step) => schedule.factor(step, steps));

describe("schedules", () => {
  it("rise in equal steps that begin above 0", () => {
    // 10 steps, 0.4 of them rising: 1/5, 2/5, 3/5, 4/5, then the top.
    for (const schedule of [linearSchedule({ warmup: 0.4 }), cosineSchedule({ warmup: 0.4 }), constantSchedule({ warmup: 0.4 })])
      expect(factors(schedule, 10).slice(0, 5)).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
  });

  it.each([
    ["linear", linearSchedule({ warmup: 5 / 30 })],
    ["cosine", cosineSchedule({ warmup: 5 / 30 })],
  ])("%s falls as the schedule of that name in transformers", (name, schedule) => {
    const { lr, rate } = golden.schedules.find((entry) => entry.name.startsWith(`schedule/${name}/`))!;
    for (const [i, factor] of factors(schedule, 30).entries()) if (i >= 5) expect(factor).toBeCloseTo(lr[i]! / rate, 6);
  });

  it("constant stays", () => {
    expect(factors(constantSchedule({ warmup: 0 }), 5)).toEqual([1, 1, 1, 1, 1]);
  });

  it("are above 0 in every step, also in a run of one", () => {
    for (const steps of [1, 2, 9, 300]) {
      for (const schedule of [linearSchedule(), cosineSchedule(), constantSchedule(), linearSchedule({ warmup: 1 })])
        expect(Math.min(...factors(schedule, steps))).toBeGreaterThan(0);
    }
  });

  it("name a wrong option", () => {
    expect(() => linearSchedule({ warmup: 2 })).toThrow("`linearSchedule.warmup` must be a number from 0 to 1; received 2.");
    expect(() => cosineSchedule({ warmUp: 0.1 } as object)).toThrow('Did you mean "warmup"?');
  });
});
