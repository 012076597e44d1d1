import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { openCache } from "../src/index.js";
import { run } from "./children.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-cache-"));
  return () => rm(folder, { recursive: true, force: true });
});

/** How many of the first values are stored without a gap; each must hold its own numbers. */
async function storedValues(space: string, upTo: number): Promise<number> {
  const cache = await openCache({ folder });
  const keys = Array.from({ length: upTo }, (_, i) => new TextEncoder().encode(`value ${i}`));
  const found = await cache.getMany(space, keys);
  const count = found.indexOf(undefined);
  for (const [i, entry] of found.entries()) {
    if (entry) expect([...entry.data]).toEqual(Array.from({ length: 64 }, (_, j) => i + j / 64));
  }
  const total = found.filter(Boolean).length;
  expect((await cache.stats()).entries).toBe(total);
  await cache.close();
  return count < 0 ? total : count;
}

describe("a cache that several processes use", () => {
  it("loses at most the batch in flight when a process is killed, and works on", async () => {
    const { lines, code } = await run(["fill", folder, "1000000"], {
      onLine: (line, child) => {
        if (Number(line) >= 2000) child.kill("SIGKILL");
      },
    });
    expect(code).toBeNull();
    const told = Number(lines.at(-1));
    const stored = await storedValues("model", told + 5000);
    expect(stored).toBeGreaterThanOrEqual(told);
    expect(stored % 50).toBe(0); // whole batches

    const again = await run(["fill", folder, String(stored + 500)]);
    expect(again).toMatchObject({ code: 0, errors: "" });
    expect(await storedValues("model", stored + 600)).toBe(stored + 500);
  });

  it("takes what two processes write at once, and shows it to a third that was open before", async () => {
    const cache = await openCache({ folder });
    expect((await cache.stats()).entries).toBe(0);
    const results = await Promise.all([run(["fill", folder, "4000"]), run(["fill", folder, "6000"])]);
    expect(results.map(({ code, errors }) => [code, errors])).toEqual([
      [0, ""],
      [0, ""],
    ]);
    expect((await cache.stats()).entries).toBe(6000);
    await cache.close();
    expect(await storedValues("model", 6100)).toBe(6000);
  });

  it("gives each key to one of two workers", async () => {
    const results = await Promise.all([run(["claim", folder, "1"]), run(["claim", folder, "2"])]);
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect(results.flatMap(({ lines }) => lines.map(Number)).reduce((sum, n) => sum + n, 0)).toBe(300);
  });

  it.skipIf(process.platform === "win32")("says so when the disk is full, and keeps what was stored", async () => {
    // A limit of file sizes, in blocks of 512 bytes, stands for the disk: 1 MiB.
    const { code, lines } = await run(["fill", folder, "1000000"], { shell: "ulimit -f 2048;" });
    expect(code).toBe(3);
    const { code: name, message } = JSON.parse(lines.at(-1)!);
    expect(name, message).toBe("STORAGE");
    expect(message).toContain("the disk is full, or a file may not grow any more");
    expect(message).toContain(folder);
    const told = Number(lines.at(-2));
    expect(told).toBeGreaterThan(500);
    expect(await storedValues("model", told + 5000)).toBeGreaterThanOrEqual(told);
  });
});
