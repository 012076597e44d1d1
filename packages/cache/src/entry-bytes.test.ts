import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entryFromBytes, entryToBytes, orderOf, precisions } from "./entry-bytes.js";

const key = new TextEncoder().encode("key");
const tenth = fc.integer({ min: -999, max: 999 }).map((v) => v / 10);
const entries = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }))
  .chain(([tokens, dim]) =>
    fc
      .array(tenth, { minLength: tokens * dim, maxLength: tokens * dim })
      .map((data) => ({ shape: [tokens, dim], data: Float32Array.from(data) })),
  );

describe("an entry's bytes", () => {
  it("give the entry back: exactly in float32, within half a step in float16 and int8", () => {
    fc.assert(
      fc.property(entries, (entry) => {
        expect(entryFromBytes(key, entryToBytes(key, entry, "float32", 7))).toEqual(entry);
        const half = entryFromBytes(key, entryToBytes(key, entry, "float16", 7))!;
        const small = entryFromBytes(key, entryToBytes(key, entry, "int8", 7))!;
        expect([half.shape, small.shape]).toEqual([entry.shape, entry.shape]);
        const dim = entry.shape[1]!;
        for (const [i, value] of entry.data.entries()) {
          const row = entry.data.subarray(Math.floor(i / dim) * dim, (Math.floor(i / dim) + 1) * dim);
          expect(Math.abs(half.data[i]! - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -11);
          expect(Math.abs(small.data[i]! - value)).toBeLessThanOrEqual((Math.max(...row.map(Math.abs)) / 254) * 1.0001);
        }
      }),
    );
  });

  it("give the same numbers when what came back is stored again", () => {
    fc.assert(
      fc.property(entries, fc.constantFrom(...precisions), (entry, precision) => {
        const once = entryFromBytes(key, entryToBytes(key, entry, precision, 1))!;
        const twice = entryFromBytes(key, entryToBytes(key, once, precision, 1))!;
        for (const [i, value] of once.data.entries()) expect(twice.data[i]).toBeCloseTo(value, 4);
        if (precision !== "int8") expect(twice).toEqual(once);
      }),
    );
  });

  it("take half the room in float16 and about a quarter in int8", () => {
    const entry = { shape: [1000], data: new Float32Array(1000).fill(0.5) };
    expect(precisions.map((precision) => entryToBytes(key, entry, precision, 1).length)).toEqual([4020, 2020, 1024]);
  });

  it("give each vector of several a scale of its own", () => {
    // Scales 1/127 and 100/127: the small vector would be all zeros on the large one's scale.
    const entry = { shape: [2, 2], data: Float32Array.of(0.001, 1, 100, -50) };
    const { data } = entryFromBytes(key, entryToBytes(key, entry, "int8", 1))!;
    expect(data[1]).toBeCloseTo(1, 6);
    expect(data[3]).toBeCloseTo((-64 * 100) / 127, 4); // −50 · 127 / 100 = −63.5 rounds to −63, or −64
  });

  it("keep in float32 what half precision can't hold, and a vector of zeros as zeros", () => {
    const large = { shape: [2], data: Float32Array.of(1e6, 0.1) };
    expect(entryFromBytes(key, entryToBytes(key, large, "float16", 1))).toEqual(large);
    const zeros = { shape: [3], data: new Float32Array(3) };
    for (const precision of precisions) expect(entryFromBytes(key, entryToBytes(key, zeros, precision, 1))).toEqual(zeros);
  });

  it("are an entry no more when any bit differs, they are cut, or belong to another key", () => {
    const bytes = entryToBytes(key, { shape: [2], data: Float32Array.of(1, 2) }, "float32", 9);
    expect(orderOf(bytes)).toBe(9);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const torn = Buffer.from(bytes);
      torn[bit >> 3]! ^= 1 << (bit & 7);
      expect(entryFromBytes(key, torn), `bit ${bit}`).toBeUndefined();
    }
    for (let length = 0; length < bytes.length; length++) expect(entryFromBytes(key, bytes.subarray(0, length))).toBeUndefined();
    expect(entryFromBytes(new TextEncoder().encode("other"), bytes)).toBeUndefined();
  });
});
