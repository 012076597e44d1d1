import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { fallingCosine } from "../test/plain-math.js";
import { multipliedAngle } from "./multiplied-angle.js";

describe("multipliedAngle", () => {
  beforeAll(() => useEngine());
  const at = (cosines: number[], margin: number) => tf.tidy(() => [...multipliedAngle(tf.tensor2d([cosines]), margin).dataSync()]);

  it("gives the values worked by hand", () => {
    // margin 2: θ = 60° is in the first half, cos 120° = −0.5; θ = 120° in the second, −cos 240° − 2 = −1.5; θ = 180°: −cos 360° − 2 = −3.
    const [first, second, last] = at([0.5, -0.5, -1], 2);
    expect(first).toBeCloseTo(-0.5, 6);
    expect(second).toBeCloseTo(-1.5, 6);
    expect(last).toBeCloseTo(-3, 6);
  });
  for (const margin of [1, 2, 3, 4, 5]) {
    it(`falls from 1 to ${1 - 2 * margin} for margin ${margin}, as its definition by angles says`, () => {
      const cosines = Array.from({ length: 101 }, (_, i) => Math.cos((i * Math.PI) / 100));
      const values = at(cosines, margin);
      values.forEach((value, i) => {
        expect(value).toBeCloseTo(fallingCosine(cosines[i]!, margin), 4);
        if (i > 0) expect(value).toBeLessThan(values[i - 1]!);
      });
      expect(values[0]).toBeCloseTo(1, 6);
      expect(values[100]).toBeCloseTo(1 - 2 * margin, 5);
    });
  }
});
