import { Random } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { chunkRows } from "./cache-sizes.js";
import { evenChunks } from "./even-chunks.js";

const rows = Uint32Array.from({ length: 1000 }, (_, i) => 5 * i);

describe("evenChunks", () => {
  it("keeps the order where sizes are not known", () => {
    expect(evenChunks(rows.slice(0, 5), () => 2)).toEqual([Uint32Array.of(0, 1), Uint32Array.of(2, 3), Uint32Array.of(4)]);
    expect(evenChunks(rows.slice(0, 2), () => 8)).toEqual([Uint32Array.of(0, 1)]);
  });

  it("asks how many rows, given what one is on average", () => {
    const asked: (number | undefined)[] = [];
    evenChunks(
      Uint32Array.of(1, 2, 3),
      (mean) => asked.push(mean),
      (row) => row ** 2,
    );
    evenChunks(Uint32Array.of(1, 2, 3), (mean) => asked.push(mean));
    expect(asked).toEqual([14 / 3, undefined]);
    // Half a gigabyte of float32: texts of 20 tokens in MiniLM, a text of 512 tokens in a model of 12 layers of 768, and one that is larger than that.
    expect([1.7e6, 30e6, 2e8].map((numbers) => chunkRows({}, true, numbers))).toEqual([64, 4, 1]);
    expect([chunkRows({}, true), chunkRows({}, false), chunkRows({ chunk: 7 }, true, 1), chunkRows({ chunk: 7 }, false)]).toEqual([
      64, 256, 7, 7,
    ]);
  });

  it("has each position once, in no chunk more rows than asked for, and about the same work in all", () => {
    const random = new Random(1);
    const sizes = new Map(Array.from(rows, (row) => [row, 3 + Math.round(40 * random.uniform() ** 3)] as const));
    for (const chunk of [1, 7, 64, 999, 1000]) {
      const chunks = evenChunks(
        rows,
        () => chunk,
        (row) => sizes.get(row)!,
      );
      expect(chunks.flatMap((positions) => [...positions]).sort((a, b) => a - b)).toEqual([...rows.keys()]);
      const counts = chunks.map(({ length }) => length);
      expect(Math.max(...counts)).toBeLessThanOrEqual(chunk);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }
    const work = evenChunks(
      rows,
      () => 64,
      (row) => sizes.get(row)!,
    ).map((positions) => positions.reduce((sum, position) => sum + sizes.get(rows[position]!)!, 0));
    const mean = work.reduce((sum, each) => sum + each, 0) / work.length;
    for (const each of work) expect(Math.abs(each / mean - 1)).toBeLessThan(0.02);
  });
});
