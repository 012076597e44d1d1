import { describe, expect, it } from "vitest";
import { normalCumulative, normalQuantile, wilsonInterval } from "./interval.js";

describe("wilsonInterval", () => {
  it("gives the values of the formula, worked by hand", () => {
    // 8 of 10, z = 1.959964: centre (0.8 + 0.192073) / 1.384146 = 0.716740, half 1.959964·√(0.016 + 0.0096037) / 1.384146 = 0.226575
    const { value, low, high } = wilsonInterval(8, 10);
    expect(value).toBe(0.8);
    expect(low).toBeCloseTo(0.490165, 4);
    expect(high).toBeCloseTo(0.943315, 4);
  });
  it("keeps within 0 and 1 and holds the share itself, also at the ends", () => {
    for (const [right, n] of [
      [0, 5],
      [5, 5],
      [1, 1],
      [0, 1],
      [999, 1000],
    ] as const) {
      const { value, low, high } = wilsonInterval(right, n);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
      expect(low <= value && value <= high).toBe(true);
      expect(high - low).toBeGreaterThan(0);
    }
  });
  it("narrows with more samples and with less confidence", () => {
    const width = (n: number, confidence?: number) => wilsonInterval(n / 2, n, confidence).high - wilsonInterval(n / 2, n, confidence).low;
    expect(width(1000)).toBeLessThan(width(100));
    expect(width(100, 0.8)).toBeLessThan(width(100));
  });
  it("refuses more right than there are", () => {
    expect(() => wilsonInterval(3, 2)).toThrow("received 3 of 2");
    expect(() => wilsonInterval(0, 0)).toThrow("`n` must be");
  });
});

describe("normalQuantile", () => {
  it("gives the standard table's values, and undoes the distribution function", () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 10);
    expect(normalQuantile(0.5)).toBeCloseTo(0, 10);
    expect(normalQuantile(0.9995)).toBeCloseTo(3.290526731491926, 9);
    for (const p of [0.001, 0.2, 0.77]) expect(normalCumulative(normalQuantile(p))).toBeCloseTo(p, 11);
  });
});
