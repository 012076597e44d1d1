import { type ChildProcess, spawn } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";
import { afterAll, beforeAll } from "vitest";

// Beside the package, so that the child finds lmdb.
const built = fileURLToPath(new URL(`../node_modules/.child-${process.pid}`, import.meta.url));
const source = fileURLToPath(new URL("child.ts", import.meta.url));
const children: ChildProcess[] = [];

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
    external: ["lmdb", "@redis/client"],
    noExternal: [/^@quaterion\//],
    esbuildOptions: (options) => {
      options.conditions = ["@quaterion/source"];
    },
  });
  return () => rm(built, { recursive: true, force: true });
});
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

export interface RunOptions {
  /** What a shell does before it becomes the child. */
  shell?: string;
  env?: Record<string, string>;
  /** In a folder from which no package is found. */
  alone?: boolean;
  onLine?(line: string, child: ChildProcess): void;
}

/** Runs the child; resolves at its end with what it printed, line by line. */
export async function run(args: string[], { shell, env = {}, alone, onLine }: RunOptions = {}) {
  const elsewhere = alone ? await mkdtemp(join(tmpdir(), "quaterion-child-")) : undefined;
  if (elsewhere) await copyFile(join(built, "child.mjs"), join(elsewhere, "child.mjs"));
  const command = [process.execPath, join(elsewhere ?? built, "child.mjs"), ...args];
  const options = { env: { ...process.env, ...env } };
  const child = shell
    ? spawn("sh", ["-c", `${shell} exec "$@"`, "sh", ...command], options)
    : spawn(command[0]!, command.slice(1), options);
  children.push(child);
  const ended = new Promise<{ code: number | null; lines: string[]; errors: string }>((resolve, reject) => {
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
  return ended.finally(() => elsewhere && rm(elsewhere, { recursive: true, force: true }));
}
