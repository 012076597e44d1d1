import type { Progress } from "@quaterion/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type ProgressParts, progressReporter, shownRates } from "./progress-reporter.js";

const trained = (...names: string[]): Pick<ProgressParts, "state" | "learningRate"> => ({
  state: { parameters: names.map((name) => ({ name })) },
  learningRate: 4e-4,
});

describe("the rates that are shown", () => {
  it.each<[string, Parameters<typeof shownRates>[0], string]>([
    ["a head's alone", trained("head.kernel", "head.bias"), "rate 0.000200"],
    ["head and loss of one rate", trained("head.kernel", "loss.a.prototypes"), "rate 0.000200"],
    [
      "an encoder's, named, with its own rate and not the run's",
      { ...trained("encoder.w"), groups: { encoder: { learningRate: 5e-5 } } },
      "rate 0.0000250 encoder",
    ],
    [
      "each group's, where they differ",
      {
        ...trained("encoder.w", "head.kernel", "loss.a.prototypes"),
        groups: { encoder: { learningRate: 1e-4 }, loss: { learningRate: 0.02 } },
      },
      "rates 0.0000500 encoder, 0.000200 head, 0.0100 loss",
    ],
    ["those that are trained alone", { ...trained("head.kernel"), groups: { loss: { learningRate: 1 } } }, "rate 0.000200"],
  ])("%s", (_, parts, shown) => {
    // The schedule is half way down.
    expect(shownRates(parts, 2e-4)).toBe(shown);
  });
});

it("says how a step's samples are gone through, where not at once", () => {
  const noteOf = (parts: Partial<ProgressParts>, samples: number) => {
    const notes: Progress[] = [];
    const report = progressReporter({ ...trained("head.kernel"), steps: 2, onProgress: (progress) => notes.push(progress), ...parts });
    report.step({ step: 1, loss: 0.5, learningRate: 1e-4, gradientNorm: 1 }, samples, false);
    return notes[0]!.note!;
  };
  expect(noteOf({}, 72)).toMatch(/^loss 0\.5000, rate 0\.000100, [\d.e+]+ samples\/s, \d+ s left, \d+ MiB$/);
  expect(noteOf({ accumulate: 4 }, 288)).toMatch(/samples\/s, 4 batches of 288 samples in all a step, \d/);
  expect(noteOf({ gradientCache: {} }, 16_384)).toMatch(/samples\/s, 16,384 samples a step in chunks of 256, \d/);
  expect(noteOf({ gradientCache: {}, plan: { encoder: {} } }, 16_384)).toMatch(/samples\/s, 16,384 samples a step in chunks, \d/);
  expect(noteOf({ gradientCache: { chunk: 512 } }, 300)).toMatch(/300 samples a step in chunks of 300/);
});

describe("a step that takes long", () => {
  afterEach(() => void vi.useRealTimers());

  it("is told of before it ends: its share, and what is left of it", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const told: Progress[] = [];
    const report = progressReporter({ ...trained("head.kernel"), steps: 3, onProgress: (progress) => told.push(progress) });
    const shares = (seconds: number) => {
      for (let part = 1; part <= 10; part++) {
        vi.advanceTimersByTime(100 * seconds);
        report.within(1, part / 10);
      }
    };
    shares(0.9);
    expect(told).toEqual([]);
    report.step({ step: 1, loss: 0.5, learningRate: 1e-4, gradientNorm: 1 }, 64, false);
    told.length = 0;
    shares(40);
    expect(told.map(({ done, note }) => [done, note!.replace(/, \d+ MiB$/, "")])).toEqual(
      [10, 20, 30, 40, 50, 60, 70, 80, 90].map((share) => [1, `step 2: ${share} %, ${(40 * (100 - share)) / 100} s left of it`]),
    );
  });
});
