import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openCache } from "../src/index.js";

// Beside the package, so that the child finds lmdb.
const built = fileURLToPath(new URL(`../node_modules/.child-${process.pid}`, import.meta.url));
const source = fileURLToPath(new URL("child.ts", import.meta.url));
let folder: string;

beforeAll(async () => {
  await build({
    config: false,
    silent: true,
    entry: { child: source },
    outDir: built,
    format: "esm",
    platform: "node",
    target: "node20",
    outExtension: () => ({ js: ".mjs" }),
    external: ["lmdb"],
    noExternal: [/^@quaterion\//],
    esbuildOptions: (options) => {
      options.conditions = ["@quaterion/source"];
    },
  });
  return () => rm(built, { recursive: true, force: true });
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-cache-"));
  return () => rm(folder, { recursive: true, force: true });
});

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** Runs the child; resolves at its end with what it printed, line by line. */
function run(args: string[], { shell, onLine }: { shell?: string; onLine?: (line: string, child: ChildProcess) => void } = {}) {
  const command = [process.execPath, join(built, "child.mjs"), ...args];
  const child = shell ? spawn("sh", ["-c", `${shell} exec "$@"`, "sh", ...command]) : spawn(command[0]!, command.slice(1));
  children.push(child);
  return new Promise<{ code: number | null; lines: string[]; errors: string }>((resolve, reject) => {
    const lines: string[] = [];
    let rest = "";
    let errors = "";
    child.stdout.on("data", (text) => {
      const parts = `${rest}${text}`.split("\n");
      rest = parts.pop()!;
      for (const line of parts) {
        lines.push(line);
        onLine?.(line, child);
      }
    });
    child.stderr.on("data", (text) => {
      errors += text;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, lines, errors }));
  });
}

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
