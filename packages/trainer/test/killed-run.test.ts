import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleSource } from "@quaterion/source-bundle";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { writeTinyTransformer } from "../../encoders/test/tiny-transformer.js";

const trainer = fileURLToPath(new URL("..", import.meta.url));
// Beside the package, so that the child finds onnxruntime-node.
const built = join(trainer, `node_modules/.killed-run-${process.pid}.cjs`);
let folder: string;

beforeAll(async () => {
  await bundleSource(trainer, { entryPoints: [join(trainer, "test/killed-run.ts")], outfile: built });
  return () => rm(built, { force: true });
}, 120_000);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-killed-"));
  return () => rm(folder, { recursive: true, force: true });
});

/** Runs the child to its end. @returns what it printed, and the signal that ended it */
function run(name: string, path: string, killedAt = 0): Promise<{ printed: string; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [built, name, path, String(killedAt), join(folder, "model")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    child.stdout.on("data", (text) => {
      printed += text;
    });
    child.on("error", reject);
    child.on("close", (_, signal) => resolve({ printed, signal }));
  });
}

/** The files of a run's newest checkpoint: all weights, the optimizer's numbers, memory, random numbers and history. */
async function lastCheckpoint(path: string): Promise<Record<string, Buffer>> {
  const newest = join(path, (await readdir(path)).sort().at(-1)!);
  const names = (await readdir(newest)).sort();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(newest, name))] as const)));
}

describe("a run that is killed (kill -9)", () => {
  it.each([
    "head",
    "head, memory and gradient caching",
    "averages, accumulation and a plateau",
    "class vectors",
    "all weights",
    "all weights, memory and gradient caching",
    "adapters, memory and gradient caching",
  ])(
    "comes out as one that was not, byte for byte: %s",
    async (name) => {
      await writeTinyTransformer(join(folder, "model"));
      const path = join(folder, "killed");
      expect((await run(name, path, 5)).signal).toBe("SIGKILL");
      expect(await readdir(path)).toEqual(["step-00000003"]);
      // Killed once more, with what a process leaves that is killed while it writes.
      await mkdir(join(path, ".step-00000006.new-1-abcdef01"));
      await writeFile(join(path, ".step-00000006.new-1-abcdef01/weights.safetensors"), "half");
      expect((await run(name, path, 11)).signal).toBe("SIGKILL");
      expect(await readdir(path)).toEqual(["step-00000006", "step-00000009"]);
      const rest = JSON.parse((await run(name, path)).printed);
      expect(rest.history.map(({ step }: { step: number }) => step)).toEqual(Array.from({ length: 14 }, (_, i) => i + 1));

      const whole = JSON.parse((await run(name, join(folder, "whole"))).printed);
      expect(whole.resumedFrom).toBe(0);
      expect(rest).toEqual({ ...whole, resumedFrom: 9 });
      const files = await lastCheckpoint(join(folder, "whole"));
      expect(Object.keys(files)).toContain("weights.safetensors");
      expect(Object.keys(files).includes("memory.safetensors")).toBe(name.includes("memory"));
      for (const [file, bytes] of Object.entries(await lastCheckpoint(path))) expect(bytes.equals(files[file]!), file).toBe(true);
    },
    240_000,
  );
});
