import { Random } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { fromFloat16, toFloat16 } from "./float16.js";

const allBits = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
const allValues = fromFloat16(allBits);
/** Bits of the finite numbers from 0 up, in order of size: 0 … 0x7bff. */
const finite = 0x7c00;

describe("float16", () => {
  it("knows the landmarks of the format", () => {
    expect([...fromFloat16(Uint16Array.of(0, 1, 0x3ff, 0x400, 0x3c00, 0xc000, 0x7bff, 0x3555))]).toEqual([
      0,
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
      1,
      -2,
      65504,
      1365 * 2 ** -12,
    ]);
    expect(fromFloat16(Uint16Array.of(0x7c00, 0xfc00, 0x7e00))).toEqual(Float32Array.of(Infinity, -Infinity, Number.NaN));
  });

  it("gives every finite number back", () => {
    const bits = allBits.filter((value) => (value & 0x7c00) !== 0x7c00);
    expect(toFloat16(fromFloat16(bits))).toEqual(bits);
  });

  it("rounds to the nearest, and a number between two to the even one", () => {
    for (let bits = 0; bits < finite - 1; bits++) {
      const low = allValues[bits]!;
      const middle = (low + allValues[bits + 1]!) / 2; // exact in float32: one bit more than half precision has
      const even = bits % 2 === 0 ? bits : bits + 1;
      const below = Math.max(low, middle - middle * 2 ** -23);
      const above = middle + middle * 2 ** -22;
      const rounded = toFloat16(Float32Array.of(middle, below, above, -middle))!;
      if (rounded[0] !== even || rounded[1] !== bits || rounded[2] !== bits + 1 || rounded[3] !== (even | 0x8000)) {
        expect({ bits, rounded: [...rounded] }).toEqual({ bits, rounded: [even, bits, bits + 1, even | 0x8000] });
      }
    }
  });

  it("is never further off than half a step, over the whole range of magnitudes", () => {
    const random = new Random(1);
    const values = Float32Array.from({ length: 20000 }, () => random.normal() * 2 ** (random.integer(40) - 26));
    const back = fromFloat16(toFloat16(values.filter((value) => Math.abs(value) < 65520))!);
    for (const [i, value] of values.filter((v) => Math.abs(v) < 65520).entries()) {
      const step = 2 ** Math.max(-24, Math.floor(Math.log2(Math.abs(value) || 1)) - 10);
      expect(Math.abs(back[i]! - value)).toBeLessThanOrEqual(step / 2);
    }
  });

  it("refuses what would become infinite, and only that", () => {
    expect(toFloat16(Float32Array.of(65519.996))).toEqual(Uint16Array.of(0x7bff));
    expect(toFloat16(Float32Array.of(65520))).toBeUndefined();
    expect(toFloat16(Float32Array.of(1, -70000))).toBeUndefined();
    expect(toFloat16(Float32Array.of(Number.NaN))).toBeUndefined();
  });
});
