import { Random } from "@quaterion/core";
import { expect, it } from "vitest";
import { expectedCalibrationError } from "./expected-calibration-error.js";
import { reliability } from "./reliability.js";

it("puts answers into bins by confidence, by hand; the ends of bins belong to the lower one, 0 to the first", () => {
  const table = reliability([0, 0.1, 0.11, 0.5, 0.95, 1], [false, true, true, false, true, true]);
  const rows = table.map(({ from, to, confidence, right }) => [from, to, confidence, right.value, right.n]);
  expect(rows).toEqual([
    [0, 0.1, 0.05, 0.5, 2],
    [0.1, 0.2, 0.11, 1, 1],
    [0.4, 0.5, 0.5, 0, 1],
    [0.9, 1, 0.975, 1, 2],
  ]);
  expect(table[0]!.right.low).toBeLessThan(0.5);
});

it("adds up to the expected calibration error", () => {
  const random = new Random(2);
  const confidences = Array.from({ length: 500 }, () => random.uniform());
  const right = confidences.map((confidence) => random.uniform() < confidence ** 2);
  const gap = reliability(confidences, right, 15).reduce(
    (sum, { confidence, right: { value, n } }) => sum + (n / 500) * Math.abs(value - confidence),
    0,
  );
  expect(gap).toBeCloseTo(expectedCalibrationError(confidences, right, 15), 12);
});

it("says what it expects", () => {
  expect(() => reliability([0.5], [])).toThrow("received 1 and 0");
  expect(() => reliability([1.5], [true])).toThrow("confidences[0]");
  expect(() => reliability([0.5], [true], 0)).toThrow(/bins/);
});
