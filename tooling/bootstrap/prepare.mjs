// Brings a bare clone to where its programs run: checks Node, installs with pnpm (through npx: a bare machine has none), builds.
// What is already done is not done again; nothing but Node and npm is needed.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const pnpmVersion = "12.21.0";

/**
 * Runs a program in the root; gives its exit status. What it prints goes to the screen, or comes back when `quiet`.
 * @param doing what to show meanwhile, with the seconds it takes, where the screen can take a line back
 */
export function run(command, args, { quiet = false, doing, env = {} } = {}) {
  const shell = process.platform === "win32";
  const child = spawn(command, args, {
    cwd: root,
    shell,
    stdio: quiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", ONNXRUNTIME_NODE_INSTALL: "skip", ...env },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text) => (output += text));
  const started = Date.now();
  const shows = doing !== undefined && process.stdout.isTTY;
  if (doing !== undefined && !shows) console.log(`${doing} …`);
  const show = () => process.stdout.write(`\r${doing} … ${((Date.now() - started) / 1000).toFixed(0)} s`);
  const ticker = shows ? setInterval(show, 1000) : undefined;
  return new Promise((resolve, reject) => {
    const end = (settle) => (value) => {
      clearInterval(ticker);
      if (shows && Date.now() - started >= 1000) process.stdout.write("\n");
      settle(value);
    };
    child.on("error", end(reject));
    child.on(
      "close",
      end((status) => resolve({ status: status ?? 1, output })),
    );
  });
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

async function install() {
  const wanted = createHash("sha256");
  for (const file of manifests()) wanted.update(readFileSync(file));
  const digest = wanted.digest("hex");
  const stamp = join(root, "node_modules", ".quaterion-install");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  const doing = "Installing packages (once; about half a minute)";
  const { status, output } = await pnpm(["install", "--frozen-lockfile", "--reporter=append-only"], { quiet: true, doing });
  if (status !== 0) fail(`${output}\nInstalling failed. It needs the npm registry; the text above is pnpm's.`);
  writeFileSync(stamp, digest);
}

async function build() {
  const doing = existsSync(join(root, "packages", "core", "dist")) ? undefined : "Building packages (once; about a minute)";
  const { status, output } = await pnpm(["exec", "turbo", "run", "build", "--output-logs=errors-only"], { quiet: true, doing });
  if (status !== 0) fail(`${output}\nBuilding failed; the text above says where.`);
}

/** Installs and builds what is missing. */
export async function prepare() {
  checkNode();
  await install();
  await build();
}
