import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

/** A published package of the house. */
export interface PublishedPackage {
  readonly name: string;
  readonly folder: string;
  readonly manifest: { name: string; version: string; dependencies?: Record<string, string>; peerDependencies?: Record<string, string> };
}

export function publishedPackages(): PublishedPackage[] {
  return readdirSync(join(root, "packages")).flatMap((entry) => {
    const folder = join(root, "packages", entry);
    if (!existsSync(join(folder, "package.json"))) return [];
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return manifest.private ? [] : [{ name: manifest.name, folder, manifest }];
  });
}

const run = promisify(execFile);

/** Runs a program and gives what it printed; rejects with its output when it fails. The event loop goes on: a program may ask a server of this process. */
export async function program(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  try {
    const { stdout } = await run(command, args, {
      cwd,
      encoding: "utf8",
      maxBuffer: 1 << 28,
      shell: process.platform === "win32",
      env: { ...process.env, npm_config_update_notifier: "false", npm_config_fund: "false", npm_config_audit: "false", ...env },
    });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** Packs a built package as it would be published and returns the tarball's path. */
export async function pack(target: PublishedPackage, into: string): Promise<string> {
  mkdirSync(into, { recursive: true });
  const args = ["--yes", "--prefer-offline", "pnpm@12.21.0", "pack", "--pack-destination", into];
  await program("npx", args, target.folder);
  return join(into, `${target.name.replace("@", "").replace("/", "-")}-${target.manifest.version}.tgz`);
}

/** A package with all packages of the house that it depends on. */
export function closure(name: string, packages: readonly PublishedPackage[]): PublishedPackage[] {
  const found = new Map<string, PublishedPackage>();
  const visit = (wanted: string) => {
    const target = packages.find((candidate) => candidate.name === wanted);
    if (!target || found.has(wanted)) return;
    found.set(wanted, target);
    for (const next of Object.keys({ ...target.manifest.dependencies, ...target.manifest.peerDependencies })) visit(next);
  };
  visit(name);
  return [...found.values()];
}
