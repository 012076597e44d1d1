import { sumOfRatios, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { contrastive } from "./contrastive.js";
import { divisor } from "./divisor.js";

describe("divisor", () => {
  beforeAll(() => useEngine());

  it("divides the sum of what counts by its number", () => {
    const reduce = (by: number) =>
      tf.tidy(() => sumOfRatios(divisor(by).reduce(tf.tensor1d([1, 2, 9]), tf.tensor1d([1, 2, 0]))).dataSync()[0]!);
    expect([reduce(1), reduce(10)]).toEqual([5, 0.5]); // (1 + 2 · 2) / by
  });
  it("takes whole batches only, and tells its number in its name", () => {
    expect(contrastive({ reducer: divisor(32) })).toMatchObject({ wholeBatch: true, memory: false });
    expect(divisor(32).name).toBe("divisor(32)");
  });
  it("says which number is wrong", () => {
    for (const by of [0, -1, Number.NaN]) expect(() => divisor(by)).toThrow("`divisor.by` must be a finite number above 0");
  });
});
