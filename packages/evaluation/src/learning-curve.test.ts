import { Random } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { learningCurve } from "./learning-curve.js";

/** 20 rows of each of three labels, and one of a fourth. */
const labels = [...Array.from({ length: 60 }, (_, i) => "abc"[i % 3]!), "alone"];
const countOf = (rows: readonly number[], label: string) => rows.filter((row) => labels[row] === label).length;

describe("learningCurve", () => {
  it("asks each row once at each share, by rows of the other folds; smaller shares are parts of larger ones", async () => {
    const calls: { train: readonly number[]; test: readonly number[] }[] = [];
    const { points } = await learningCurve(labels, (train, test) => {
      calls.push({ train, test });
      return test.map(() => "a");
    });
    expect(calls).toHaveLength(15);
    for (let s = 0; s < 3; s++) {
      const own = calls.slice(s * 5, s * 5 + 5);
      expect(own.flatMap(({ test }) => test).sort((x, y) => x - y)).toEqual(Array.from({ length: 60 }, (_, i) => i)); // not the one alone
      for (const [fold, { train, test }] of own.entries()) {
        expect(train.filter((row) => test.includes(row))).toEqual([]);
        for (const label of "abc") expect(countOf(test, label)).toBe(4);
        for (const label of "abc") expect(countOf(train, label)).toBe([4, 8, 16][s]);
        expect(countOf(train, "alone")).toBe(1);
        if (s > 0) expect(calls[(s - 1) * 5 + fold]!.train.filter((row) => !train.includes(row))).toEqual([]);
      }
    }
    expect(points.map(({ share, examples, value, n }) => [share, examples, value, n])).toEqual([
      [0.25, 13, 1 / 3, 60],
      [0.5, 25, 1 / 3, 60],
      [1, 49, 1 / 3, 60],
    ]);
  });

  it("reckons the next doubling from the last one, and checks itself one doubling earlier, by hand", async () => {
    // Wrong: 1/2 of the rows with a quarter of the examples, 1/4 with half, 1/5 with all.
    const wrong: Record<number, number> = { 13: 2, 25: 4, 49: 5 };
    let asked = 0;
    const curve = await learningCurve(
      labels,
      (train, test) => test.map((row) => (asked++ % wrong[train.length]! === 0 ? "wrong" : labels[row]!)),
      { seed: 3 },
    );
    expect(curve.points.map(({ value }) => value)).toEqual([0.5, 0.75, 0.8]);
    expect(curve.doubled).toBeCloseTo(1 - 0.2 * (0.2 / 0.25), 12);
    expect(curve.check!.reckoned).toBeCloseTo(1 - 0.25 * (0.25 / 0.5), 12);
    expect(curve.check!.measured).toBeCloseTo(0.8, 12);
  });

  it("tells which labels were missed and which were taken for others, of the last share only", async () => {
    let shares = 0;
    const { labels: fared } = await learningCurve(labels, (train, test) => {
      if (train.length < 49) return test.map(() => "wrong"); // before the last share
      return test.map((row) => (labels[row] === "b" || (labels[row] === "c" && shares++ < 5) ? "a" : labels[row]!));
    });
    expect(fared).toEqual([
      { label: "b", examples: 20, missed: 20, taken: 0 },
      { label: "c", examples: 20, missed: 5, taken: 0 },
      { label: "a", examples: 20, missed: 0, taken: 25 },
      { label: "alone", examples: 1, missed: 0, taken: 0 },
    ]);
  });

  it("promises no fall where more examples did worse, and no more than all right", async () => {
    const worse = await learningCurve(labels, (train, test) => test.map((row, i) => (train.length > 30 && i % 2 ? "wrong" : labels[row]!)));
    expect(worse.doubled).toBeCloseTo(worse.points.at(-1)!.value, 12);
    expect((await learningCurve(labels, (_, test) => test.map((row) => labels[row]!))).doubled).toBe(1);
  });

  it("says nothing of doublings that were not measured", async () => {
    const right = (_: readonly number[], test: readonly number[]) => test.map((row) => labels[row]!);
    expect(await learningCurve(labels, right, { shares: [0.3, 1] })).toMatchObject({ doubled: undefined, check: undefined });
    expect(await learningCurve(labels, right, { shares: [0.5, 1] })).toMatchObject({ doubled: 1, check: undefined });
  });

  it("is the same for the same seed, and another for another", async () => {
    const seen = async (seed: number) => {
      const rows: number[] = [];
      await learningCurve(
        labels,
        async (train, test) => {
          rows.push(...train);
          return test.map(() => "a");
        },
        { seed },
      );
      return rows;
    };
    expect(await seen(1)).toEqual(await seen(1));
    expect(await seen(1)).not.toEqual(await seen(2));
  });

  it("rises as a nearest-centroid classifier learns", async () => {
    const random = new Random(4);
    const classes = Array.from({ length: 200 }, (_, i) => i % 5);
    const vectors = classes.map((c) => Array.from({ length: 10 }, (_, d) => (d === c ? 1.5 : 0) + random.normal()));
    const { points, doubled } = await learningCurve(classes, (train, test) =>
      test.map((row) => {
        const scores = [0, 1, 2, 3, 4].map((c) => {
          const own = train.filter((other) => classes[other] === c);
          return -vectors[row]!.reduce(
            (sum, value, d) => sum + (value - own.reduce((total, other) => total + vectors[other]![d]!, 0) / own.length) ** 2,
            0,
          );
        });
        return scores.indexOf(Math.max(...scores));
      }),
    );
    expect(points[2]!.value).toBeGreaterThan(points[0]!.value);
    expect(doubled).toBeGreaterThanOrEqual(points[2]!.value);
    expect(points[2]!.low).toBeLessThan(points[2]!.value);
  });

  it("says what it expects", async () => {
    const any = (_: readonly number[], test: readonly number[]) => test.map(() => "a");
    await expect(learningCurve(["a", "b"], any)).rejects.toThrow("received 2 labels with one at most");
    await expect(learningCurve(labels, any, { folds: 1 })).rejects.toThrow(/folds.*2 or more/);
    for (const shares of [[], [0, 1], [0.5, 0.25], [0.5, 2], [0.5, 0.5]])
      await expect(learningCurve(labels, any, { shares })).rejects.toThrow(/shares.*ascending/);
    await expect(learningCurve(labels, () => ["a"])).rejects.toThrow(/each of 12 rows; received 1/);
  });
});
