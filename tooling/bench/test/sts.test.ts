import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readSts } from "../src/sts/pairs.js";
import { stsTable } from "../src/sts/report.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sts-bench-"));
});
afterAll(() => rm(folder, { recursive: true }));

it("pairs are read from files without a header, and a lost file is named", async () => {
  await writeFile(join(folder, "stsb-en-dev.csv"), 'A man sings.,"A man, singing.",4.5\nA dog.,A cat.,1\n');
  expect(await readSts(folder, "dev")).toEqual([
    { a: "A man sings.", b: "A man, singing.", score: 4.5 },
    { a: "A dog.", b: "A cat.", score: 1 },
  ]);
  await expect(readSts(folder, "test")).rejects.toThrow(/no stsb-en-test.csv/);
});

it("the table shows correlations × 100, and no time where nothing was trained", () => {
  const table = stsTable([
    { model: "untrained", steps: 0, seconds: 0, dev: 0.5, test: 0.8203 },
    { model: "fit", steps: 360, seconds: 61.4, dev: 0.9, test: 0.85 },
  ]);
  expect(table).toContain("| untrained | – | – | 50.0 | 82.0 |");
  expect(table).toContain("| fit | 360 | 61 | 90.0 | 85.0 |");
});
