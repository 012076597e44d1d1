import { expect, it } from "vitest";
import { earlyStoppingValue, hasStopped } from "./ending.js";

const stopped = (values: readonly number[], higherIsBetter = false, leastGain?: number) =>
  values.map((_, i) => hasStopped({ patience: 1, leastGain }, { values: values.slice(0, i + 1), higherIsBetter }));

it("stops after more looks without improvement than patience lets pass", () => {
  expect(stopped([3, 2, 2, 1, 2, 3])).toEqual([false, false, false, false, false, true]);
  expect(stopped([1, 2, 2, 1, 3, 2, 1], true)).toEqual([false, false, false, true, false, false, true]);
});

it("takes for an improvement what gains more than `leastGain`, and what is not a number for none", () => {
  expect(stopped([3, 2.95, 2.9, 2.5], false, 0.2)).toEqual([false, false, true, false]);
  expect(stopped([Number.NaN, Number.NaN, 1])).toEqual([false, true, false]);
});

it("names a wrong option", () => {
  expect(() => earlyStoppingValue({}, "fit.earlyStopping")).toThrow("`fit.earlyStopping.patience` must be a whole number of 0 or more");
  expect(() => earlyStoppingValue({ patient: 1 }, "fit.earlyStopping")).toThrow('Did you mean "patience"?');
});
