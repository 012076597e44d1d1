// Brings a bare clone to where its programs run: checks Node, installs with pnpm (through npx: a bare machine has none), builds.
// What is already done is not done again; nothing but Node and npm is needed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const pnpmVersion = "12.21.0";

/** Runs a program in the root and returns its exit status; what it prints goes to the screen, or comes back when `quiet`. */
export function run(command, args, { quiet = false, env = {} } = {}) {
  const shell = process.platform === "win32";
  const result = spawnSync(command, args, {
    cwd: root,
    shell,
    encoding: "utf8",
    stdio: quiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
    maxBuffer: 1 << 28,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", ONNXRUNTIME_NODE_INSTALL: "skip", ...env },
  });
  if (result.error) throw result.error;
  return { status: result.status ?? 1, output: `${result.stdout ?? ""}${result.stderr ?? ""}` };
}

export function pnpm(args, options) {
  return run("npx", ["--yes", "--prefer-offline", `pnpm@${pnpmVersion}`, ...args], options);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(
      `Quaterion needs Node 20.19 or newer; this is ${process.versions.node}. Install a newer one from https://nodejs.org and try again.`,
    );
  }
}

function manifests() {
  const inside = ["packages", "apps", "tooling"].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(root, folder, name, "package.json")),
  );
  return [join(root, "package.json"), join(root, "pnpm-workspace.yaml"), join(root, "pnpm-lock.yaml"), ...inside].filter((file) =>
    existsSync(file),
  );
}

function install() {
  const wanted = createHash("sha256");
  for (const file of manifests()) wanted.update(readFileSync(file));
  const digest = wanted.digest("hex");
  const stamp = join(root, "node_modules", ".quaterion-install");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  console.log("Installing packages (once; about half a minute) …");
  const { status, output } = pnpm(["install", "--frozen-lockfile", "--reporter=append-only"], { quiet: true });
  if (status !== 0) fail(`${output}\nInstalling failed. It needs the npm registry; the text above is pnpm's.`);
  writeFileSync(stamp, digest);
}

function build() {
  const started = Date.now();
  if (!existsSync(join(root, "packages", "core", "dist"))) console.log("Building packages (once; about a minute) …");
  const { status, output } = pnpm(["exec", "turbo", "run", "build", "--output-logs=errors-only"], { quiet: true });
  if (status !== 0) fail(`${output}\nBuilding failed; the text above says where.`);
  const seconds = (Date.now() - started) / 1000;
  if (seconds > 10) console.log(`Built in ${seconds.toFixed(0)} s.`);
}

/** Installs and builds what is missing. */
export function prepare() {
  checkNode();
  install();
  build();
}
