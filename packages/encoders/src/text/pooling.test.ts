import { describe, expect, it } from "vitest";
import { type PoolingMode, pool } from "./pooling.js";

/** Three tokens of two numbers, then padding that must not count. */
const states = Float32Array.of(1, -2, 3, 4, -5, 6, 99, 99);

function pooled(modes: PoolingMode[], from = 0, length = 3): number[] {
  const target = new Float32Array(2 * modes.length).fill(7);
  pool(states, 2, from, length, modes, target);
  return [...target];
}

describe("pool", () => {
  it("follows the formula of each mode", () => {
    expect(pooled(["cls"])).toEqual([1, -2]);
    expect(pooled(["lastToken"])).toEqual([-5, 6]);
    expect(pooled(["max"])).toEqual([3, 6]);
    expect(pooled(["mean"])).toEqual([-1 / 3, 8 / 3].map(Math.fround));
    expect(pooled(["meanSqrtLength"])).toEqual([-1 / Math.sqrt(3), 8 / Math.sqrt(3)].map(Math.fround));
    expect(pooled(["weightedMean"])).toEqual([(1 + 6 - 15) / 6, (-2 + 8 + 18) / 6].map(Math.fround));
  });

  it("puts several modes one after the other", () => {
    expect(pooled(["cls", "max"])).toEqual([1, -2, 3, 6]);
  });

  it("leaves a prompt out, unless nothing would be left", () => {
    expect(pooled(["mean"], 1)).toEqual([-1, 5]);
    expect(pooled(["cls"], 1)).toEqual([3, 4]);
    expect(pooled(["mean"], 3)).toEqual(pooled(["mean"]));
  });
});
