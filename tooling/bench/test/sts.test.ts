import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cosinesOf, readSts } from "../src/sts/pairs.js";
import { stsTable } from "../src/sts/report.js";
import { spearman } from "../src/sts/spearman.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sts-bench-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("spearman", () => {
  it("is 1 − 6 Σ d² / (n (n² − 1)) where nothing is equal", () => {
    // ranks 1 2 3 4 5 and 2 1 4 3 5: d² sum to 4, 1 − 24 / 120
    expect(spearman([1, 2, 3, 4, 5], [0.2, 0.1, 0.7, 0.6, 0.9])).toBeCloseTo(0.8, 12);
  });

  it("gives equal numbers the mean of their ranks", () => {
    // ranks 0 1.5 1.5 3 and 0 1 2 3, less 1.5: Σ xy = 2.25 + 0 + 0 + 2.25 = 4.5, Σ x² = 4.5, Σ y² = 5
    expect(spearman([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
  });

  it("sees order alone, and turns with it", () => {
    const a = [0.3, -0.1, 0.8, 0.4];
    expect(spearman(a, a.map(Math.exp))).toBeCloseTo(1, 12);
    expect(
      spearman(
        a,
        a.map((x) => -x),
      ),
    ).toBeCloseTo(-1, 12);
    expect(spearman([1, 1], [1, 2])).toBeNaN();
    expect(() => spearman([1], [1, 2])).toThrow(/1 and 2 numbers/);
  });
});

it("pairs are read from files without a header, and a lost file is named", async () => {
  await writeFile(join(folder, "stsb-en-dev.csv"), 'A man sings.,"A man, singing.",4.5\nA dog.,A cat.,1\n');
  expect(await readSts(folder, "dev")).toEqual([
    { a: "A man sings.", b: "A man, singing.", score: 4.5 },
    { a: "A dog.", b: "A cat.", score: 1 },
  ]);
  await expect(readSts(folder, "test")).rejects.toThrow(/no stsb-en-test.csv/);
});

it("cosines are taken pair by pair", () => {
  expect([...cosinesOf(Float32Array.of(1, 0, 0.6, 0.8), Float32Array.of(0, 1, 0.6, 0.8), 2)]).toEqual([0, expect.closeTo(1, 6)]);
});

it("the table shows correlations × 100, and no time where nothing was trained", () => {
  const table = stsTable([
    { model: "untrained", steps: 0, seconds: 0, dev: 0.5, test: 0.8203 },
    { model: "fit", steps: 360, seconds: 61.4, dev: 0.9, test: 0.85 },
  ]);
  expect(table).toContain("| untrained | – | – | 50.0 | 82.0 |");
  expect(table).toContain("| fit | 360 | 61 | 90.0 | 85.0 |");
});
