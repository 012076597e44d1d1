import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectedUncovered } from "./uncovered.js";

const fixtures = fileURLToPath(new URL("../fixtures", import.meta.url));

/** Runs `pnpm oracles`. */
function oracles(...folder: string[]): Promise<{ status: number; output: string; errors: string }> {
  const program = fileURLToPath(new URL("../run.mjs", import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...folder], { maxBuffer: 2 ** 24 }, (error, output, errors) => {
      resolve({ status: error ? Number(error.code) : 0, output, errors });
    });
  });
}

describe("pnpm oracles", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "oracles-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("finds that our losses and miners equal the peers', all but what is named", async () => {
    const { status, output } = await oracles();
    expect(output.split("\n").filter((line) => line.startsWith("MISMATCH"))).toEqual([]);
    expect(status).toBe(0);
    const uncovered = output.split("\n").flatMap((line) => /^not covered: (.*?): (.*)$/.exec(line)?.slice(1, 3).join(": ") ?? []);
    expect(uncovered.filter((line) => !line.endsWith("no such class"))).toEqual(expectedUncovered);
    expect(output).toMatch(/\d+ cases: \d+ matched, \d+ not covered, 0 mismatched\n$/);
  });

  it("fails on a value, a gradient and a pair that differ, by name", async () => {
    cpSync(fixtures, folder, { recursive: true });
    const spoil = (
      file: string,
      how: (cases: { name: string; loss: number; grads: Record<string, number[][]>; triplets: number[][] }[]) => void,
    ) => {
      const stored = JSON.parse(readFileSync(join(folder, file), "utf8"));
      how(stored.cases);
      writeFileSync(join(folder, file), JSON.stringify(stored));
    };
    spoil("losses_pml.json", (cases) => {
      cases.find(({ name }) => name === "CircleLoss/default/gauss")!.loss *= 1.0001;
      cases.find(({ name }) => name === "SupConLoss/default/gauss")!.grads["embeddings"]![2]![1]! += 1e-4;
    });
    spoil("miners_pml.json", (cases) =>
      cases.find(({ name }) => name === "BatchHardMiner/distance=D.CosineSimilarity()/duplicates")!.triplets.pop(),
    );
    const { status, output } = await oracles(folder);
    expect(status).toBe(1);
    expect(output).toMatch(/MISMATCH: CircleLoss\/default\/gauss: loss is 109\.34\d*, expected 109\.35/);
    expect(output).toMatch(/MISMATCH: SupConLoss\/default\/gauss: gradient 0 at 17 is/);
    expect(output).toMatch(
      /MISMATCH: BatchHardMiner\/distance=D.CosineSimilarity\(\)\/duplicates: keeps \[6,\d+,\d+\] of triplets, which the peer does not/,
    );
    expect(output).toMatch(/, 3 mismatched\n$/);
  });

  it("says in one sentence what it can't read", async () => {
    const missing = await oracles(join(folder, "nowhere"));
    expect(missing).toMatchObject({ status: 1, output: "" });
    expect(missing.errors).toMatch(/^Can't read .*nowhere.losses_pml\.json: ENOENT\.\n$/);
    writeFileSync(join(folder, "losses_st.json"), '{"cases": [');
    const malformed = await oracles(folder);
    expect(malformed).toMatchObject({ status: 1, output: "" });
    expect(malformed.errors).toMatch(/^.*losses_st\.json is not JSON: .*\.\n$/);
    writeFileSync(join(folder, "losses_st.json"), '{"cases": [{"name": "nameless"}]}');
    expect((await oracles(folder)).errors).toMatch(/losses_st\.json: case 0 has no `name` or no class\.\n$/);
  });
});
