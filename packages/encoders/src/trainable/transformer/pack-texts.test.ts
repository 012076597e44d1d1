import { Random } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { packTexts, paddedLength } from "./pack-texts.js";

describe("packTexts", () => {
  it("computes less than 5 % of padding, whatever the lengths, each token of each text once", () => {
    const random = new Random(3);
    const draws: (() => number)[] = [
      () => 3 + random.integer(6),
      () => 5 + random.integer(25),
      () => (random.integer(20) === 0 ? 200 + random.integer(56) : 4 + random.integer(8)),
      () => 1 + random.integer(512),
      () => 12,
    ];
    for (const draw of draws) {
      for (const texts of [1, 2, 5, 30, 72, 256]) {
        const lengths = Array.from({ length: texts }, draw);
        const { rows, length, places } = packTexts(lengths);
        const total = lengths.reduce((sum, each) => sum + each, 0);
        expect(1 - total / (rows * length), `${texts} texts, ${total} tokens in ${rows} rows of ${length}`).toBeLessThan(0.05);
        const taken = new Uint8Array(rows * length);
        for (const [text, { row, start }] of places.entries()) {
          expect(start + lengths[text]!).toBeLessThanOrEqual(length);
          for (let token = 0; token < lengths[text]!; token++) taken[row * length + start + token]!++;
        }
        expect(taken.every((count) => count <= 1)).toBe(true);
        expect(taken.reduce((sum, count) => sum + count, 0)).toBe(total);
      }
    }
  });

  it("makes few shapes of many batches of one kind", () => {
    const random = new Random(4);
    const shapes = new Set<string>();
    for (let batch = 0; batch < 300; batch++) {
      const { rows, length } = packTexts(Array.from({ length: 72 }, () => 6 + random.integer(14)));
      shapes.add(`${rows}x${length}`);
    }
    expect(shapes.size).toBeLessThanOrEqual(16);
  });

  it("keeps rows short where texts are, and as long as the longest text", () => {
    expect(packTexts(Array.from({ length: 72 }, (_, i) => 3 + (i % 24)))).toMatchObject({ rows: 32, length: 33 });
    // Sixteen rows would hold five texts or four: fewer rows leave less room.
    expect(packTexts(new Array<number>(72).fill(12))).toMatchObject({ rows: 8, length: 110 });
    expect(packTexts([300, ...new Array<number>(40).fill(10)]).length).toBeGreaterThanOrEqual(300);
    expect(packTexts([7])).toEqual({ rows: 1, length: 7, places: [{ row: 0, start: 0 }] });
  });

  it("has row lengths that are never shorter than asked, nor 5 % longer beyond 20", () => {
    for (let length = 1; length < 600; length++) {
      const padded = paddedLength(length);
      expect(padded).toBeGreaterThanOrEqual(length);
      if (length <= 20) expect(padded).toBe(length);
      else expect(padded).toBeLessThan(length * 1.05);
      expect(paddedLength(padded)).toBe(padded);
    }
  });
});
