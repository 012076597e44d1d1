import { describe, expect, it } from "vitest";
import { keptBy } from "../test/kept-by.js";
import { uniformHistogram } from "./uniform-histogram.js";

// 40 similar pairs at 0 to 1, many near 0, and 24 dissimilar at 1 to 3.
const distances = Array.from({ length: 8 }, (_, i) =>
  Array.from({ length: 8 }, (__, j) => (j < 5 ? ((i * 5 + j) / 39) ** 3 : 1 + (i * 3 + j - 5) / 11.5)),
);
const relations = distances.map((row) => row.map((_, j) => (j < 5 ? 1 : -1)));

/** How many pairs of a kind lie in each of the bins. */
function histogram(rows: number[][], kind: number, bins: number, [lowest, highest]: [number, number]): number[] {
  const counts = new Array<number>(bins).fill(0);
  rows.forEach((row, i) => {
    row.forEach((one, j) => {
      if (one === kind) counts[Math.min(bins - 1, Math.floor(((distances[i]![j]! - lowest) / (highest - lowest)) * bins))]!++;
    });
  });
  return counts;
}

describe("uniformHistogram", () => {
  it("keeps the same number of each bin, all of a smaller one, each kind by its own range", async () => {
    const rows = await keptBy(uniformHistogram({ bins: 4, positivesPerBin: 6, negativesPerBin: 2 }), distances, relations);
    expect(histogram(relations, 1, 4, [0, 1])).toEqual([25, 6, 5, 4]);
    expect(histogram(rows, 1, 4, [0, 1])).toEqual([6, 6, 5, 4]);
    expect(histogram(relations, -1, 4, [1, 3])).toEqual([6, 6, 6, 6]);
    expect(histogram(rows, -1, 4, [1, 3])).toEqual([2, 2, 2, 2]);
  });
  it("takes all where every bin has fewer", async () => {
    expect(await keptBy(uniformHistogram({ bins: 4, positivesPerBin: 30, negativesPerBin: 100 }), distances, relations)).toEqual(relations);
    expect(await keptBy(uniformHistogram({ bins: 1, positivesPerBin: 40, negativesPerBin: 40 }), distances, relations)).toEqual(relations);
  });
  it("draws the same again, and others with another seed or other distances", async () => {
    const draw = (seed?: number, of = distances) =>
      keptBy(uniformHistogram({ bins: 2, positivesPerBin: 4, negativesPerBin: 4, seed }), of, relations);
    expect(await draw(1)).toEqual(await draw());
    expect(await draw(2)).not.toEqual(await draw(1));
    // The same bins to a millionth: another step, another draw.
    const moved = distances.map((row) => row.map((d) => 1.001 * d));
    expect(await draw(1, moved)).not.toEqual(await draw(1));
  });
  it("draws each pair of a bin about as often", async () => {
    const times = new Map<number, number>();
    const runs = 200;
    for (let seed = 0; seed < runs; seed++) {
      const rows = await keptBy(uniformHistogram({ bins: 1, positivesPerBin: 8, negativesPerBin: 1, seed }), distances, relations);
      rows.forEach((row, i) => {
        row.forEach((one, j) => {
          if (one === 1) times.set(i * 5 + j, (times.get(i * 5 + j) ?? 0) + 1);
        });
      });
    }
    // 8 of 40: 40 times in 200, with a deviation of 5.7; five of them.
    for (let pair = 0; pair < 40; pair++) expect(Math.abs((times.get(pair) ?? 0) - 40)).toBeLessThan(29);
  });
  it("keeps what there is of one distance, of one pair and of none", async () => {
    const one = uniformHistogram({ bins: 3, positivesPerBin: 1, negativesPerBin: 1 });
    const rows = await keptBy(one, [[2, 2, 2]], [[1, 1, 1]]);
    expect(rows[0]!.filter((kept) => kept === 1)).toHaveLength(1);
    expect(await keptBy(one, [[2, 5, 2]], [[0, 1, 0]])).toEqual([[0, 1, 0]]);
    expect(await keptBy(one, [[2, 5, 2]], [[0, 0, 0]])).toEqual([[0, 0, 0]]);
  });
  it("says which option is wrong", () => {
    expect(uniformHistogram()).toMatchObject({ wholeBatch: true, name: "uniformHistogram(100, 10, 10, 1)" });
    for (const name of ["bins", "positivesPerBin", "negativesPerBin"]) {
      expect(() => uniformHistogram({ [name]: 0 })).toThrow(`\`uniformHistogram.${name}\` must be a whole number of 1 or more`);
    }
    expect(() => uniformHistogram({ seed: Number.NaN })).toThrow("`uniformHistogram.seed` must be a finite number");
  });
});
