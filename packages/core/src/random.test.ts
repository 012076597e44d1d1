import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "./random.js";

/** xoshiro128** in 64-bit arithmetic, straight from the definition. */
function reference(state: bigint[]): bigint {
  const mask = 0xffffffffn;
  const rotate = (x: bigint, k: bigint) => ((x << k) | (x >> (32n - k))) & mask;
  const result = (rotate((state[1]! * 5n) & mask, 7n) * 9n) & mask;
  const t = (state[1]! << 9n) & mask;
  state[2]! ^= state[0]!;
  state[3]! ^= state[1]!;
  state[1]! ^= state[2]!;
  state[0]! ^= state[3]!;
  state[2]! ^= t;
  state[3] = rotate(state[3]!, 11n);
  return result;
}

describe("Random", () => {
  it("draws what the definition of xoshiro128** gives", () => {
    const random = new Random(7);
    const state = random.state().map(BigInt);
    for (let i = 0; i < 1000; i++) expect(BigInt(random.bits())).toBe(reference(state));
  });

  it("gives the same sequence for the same seed and another for another", () => {
    const draw = (seed: number | string) => Array.from({ length: 5 }, (_, i, r = new Random(seed)) => r.bits() + i);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(draw("1")).not.toEqual(draw("2"));
    expect(draw(1)).not.toEqual(draw(1 + 2 ** 33));
  });

  it("goes on from a saved state as if it had not stopped", () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(50), (seed, skip) => {
        const a = new Random(seed);
        for (let i = 0; i < skip; i++) a.bits();
        const b = new Random(0);
        b.restore(a.state());
        expect([b.normal(), b.integer(9), b.uniform()]).toEqual([a.normal(), a.integer(9), a.uniform()]);
      }),
    );
  });

  it("draws uniform numbers with the mean, variance and bounds of the uniform distribution", () => {
    const random = new Random(3);
    const draws = Float64Array.from({ length: 100_000 }, () => random.uniform());
    const mean = draws.reduce((a, b) => a + b) / draws.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.004); // 4 standard errors: 4·√(1/12/1e5)
    expect(Math.abs(draws.reduce((a, b) => a + (b - mean) ** 2, 0) / draws.length - 1 / 12)).toBeLessThan(0.001);
    expect(Math.min(...draws.subarray(0, 1000))).toBeGreaterThanOrEqual(0);
    expect(draws.every((d) => d < 1)).toBe(true);
  });

  it("draws normal numbers with mean 0 and variance 1", () => {
    const random = new Random(4);
    const draws = Float64Array.from({ length: 100_000 }, () => random.normal());
    expect(Math.abs(draws.reduce((a, b) => a + b) / draws.length)).toBeLessThan(0.013);
    expect(Math.abs(draws.reduce((a, b) => a + b * b) / draws.length - 1)).toBeLessThan(0.02);
  });

  it("draws every whole number below the bound about equally often", () => {
    const random = new Random(5);
    const counts = new Array(6).fill(0);
    for (let i = 0; i < 60_000; i++) counts[random.integer(6)]++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it("shuffles into every order about equally often", () => {
    const random = new Random(6);
    const counts = new Map<string, number>();
    for (let i = 0; i < 12_000; i++) {
      const order = random.shuffle([0, 1, 2]).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  it("forks by name without moving itself", () => {
    const random = new Random(1);
    const before = random.state();
    expect(random.fork("sampler").bits()).toBe(random.fork("sampler").bits());
    expect(random.fork("sampler").bits()).not.toBe(random.fork("head").bits());
    expect(random.state()).toEqual(before);
  });

  it("refuses a seed, a bound or a state that is none", () => {
    expect(() => new Random(1.5)).toThrow("`seed` must be a whole number; received 1.5");
    expect(() => new Random(1).integer(0)).toThrow("`below`");
    expect(() => new Random(1).restore([1, 2, 3, -1])).toThrow("`state`");
  });
});
