import { Random } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { bootstrapInterval, expectedCalibrationError, fprAtRecall, pairedBootstrap, pairedTest } from "./index.js";

describe("intervals and tests", () => {
  it("give the same interval for the same seed, and about the normal one for many values", () => {
    const random = new Random(1);
    const values = Array.from({ length: 2000 }, () => random.normal());
    const interval = bootstrapInterval(values, { seed: 5 });
    expect(bootstrapInterval(values, { seed: 5 })).toEqual(interval);
    expect(bootstrapInterval(values, { seed: 6 })).not.toEqual(interval);
    expect(interval.high - interval.value).toBeCloseTo(1.96 / Math.sqrt(2000), 2);
    expect(interval.low).toBeLessThan(interval.value);
    expect(() => bootstrapInterval([])).toThrow("received none");
    expect(() => bootstrapInterval([1, Number.NaN])).toThrow("`values[1]`");
    expect(() => bootstrapInterval([1], { sed: 1 } as never)).toThrow("Did you mean");
  });

  it("McNemar's is exact, also for many disagreements", () => {
    const truth = Array(20).fill("a");
    const first = truth.map((_, i) => (i < 9 ? "a" : "b")); // right on 0 … 8
    const second = truth.map((_, i) => (i < 1 || i === 9 ? "a" : "b")); // right on 0 and 9
    // 8 against 1: 2 · (C(9,0) + C(9,1)) / 2⁹ = 20 / 512.
    expect(pairedTest(first, second, truth)).toMatchObject({ onlyFirst: 8, onlySecond: 1, difference: 7 / 20 });
    expect(pairedTest(first, second, truth).p).toBeCloseTo(20 / 512, 12);
    expect(pairedTest(second, first, truth).p).toBeCloseTo(20 / 512, 12);
    expect(pairedTest(first, first, truth).p).toBe(1);
    const many = Array(3000).fill("a");
    const half = (parity: number) => many.map((_, i) => (i % 2 === parity ? "a" : "b"));
    expect(pairedTest(half(0), half(1), many).p).toBe(1);
    expect(() => pairedTest(first, [], truth)).toThrow("received 20, 0 and 20");
  });

  it("the paired bootstrap sees a small steady difference that is lost in the values' own spread", () => {
    const random = new Random(2);
    const second = Array.from({ length: 200 }, () => random.uniform());
    const first = second.map((value) => value + 0.01);
    const { value, low, high } = pairedBootstrap(first, second);
    expect([value, low, high].map((v) => Math.round(v * 1e9) / 1e9)).toEqual([0.01, 0.01, 0.01]);
    expect(() => pairedBootstrap([1], [1, 2])).toThrow("received 1 and 2");
  });
});

describe("scores", () => {
  it("fprAtRecall takes the highest threshold that reaches the recall", () => {
    const positives = [1, 2, 3, 4];
    // Recall 0.75 is reached at threshold 2: negatives 2 and 9 of three reach it.
    expect(fprAtRecall(positives, [0, 2, 9], 0.75)).toBeCloseTo(2 / 3, 12);
    expect(fprAtRecall(positives, [0, 2, 9], 0.76)).toBeCloseTo(2 / 3, 12); // threshold 1
    expect(fprAtRecall(positives, [1.5], 0.76)).toBe(1);
    expect(() => fprAtRecall(positives, [1], 0)).toThrow("`recall`");
  });

  it("expectedCalibrationError is the gap between confidence and accuracy, bin by bin", () => {
    // Two bins: (0, ½] holds 0.5 wrong and 0.25 right: |1 − 0.75|; (½, 1] holds 0.9 right and 0.8 wrong: |1 − 1.7|; (0.25 + 0.7) / 4.
    expect(expectedCalibrationError([0.5, 0.25, 0.9, 0.8], [false, true, true, false], 2)).toBeCloseTo(0.2375, 12);
    expect(expectedCalibrationError([1, 0], [true, false])).toBe(0);
    expect(() => expectedCalibrationError([1.2], [true])).toThrow("`confidences[0]`");
    expect(() => expectedCalibrationError([], [])).toThrow("one length");
  });
});
