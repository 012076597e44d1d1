// Runs tfjs-core's own test suite against the ONNX Runtime backend. Usage: node run.mjs [--device webgpu] [--backend cpu] [--filter text]
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const { values: options } = parseArgs({
  options: {
    backend: { type: "string", default: "onnxruntime" },
    device: { type: "string", default: "cpu" },
    filter: { type: "string" },
  },
});
const folder = dirname(fileURLToPath(import.meta.url));
const bundle = join(folder, "dist", "suite.cjs");
const list = options.device === "cpu" ? "excluded.json" : `excluded-${options.device}.json`;
const excluded = JSON.parse(await readFile(join(folder, list), "utf8"));
const require = createRequire(import.meta.url);
/** A package's folder: subpaths of a name that is an alias here are looked up in it. */
const packageFolder = (name) => dirname(require.resolve(`${name}/package.json`));

await mkdir(dirname(bundle), { recursive: true });
await build({
  entryPoints: [join(folder, "suite.js")],
  outfile: bundle,
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  mainFields: ["module", "main"],
  conditions: ["@quaterion/source"],
  // tfjs-core's `sideEffects` field would drop the specs.
  ignoreAnnotations: true,
  alias: Object.fromEntries(["@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-cpu"].map((name) => [name, packageFolder(name)])),
  nodePaths: [join(folder, "node_modules")],
  external: ["onnxruntime-node"],
  define: { "import.meta.url": "__bundleUrl" },
  banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: "error",
});

const Jasmine = require("jasmine");
const jasmine = new Jasmine();
const failures = [];
const counts = { passed: 0, failed: 0, skipped: 0 };
jasmine.clearReporters();
jasmine.addReporter({
  specDone({ status, fullName, failedExpectations }) {
    if (status === "failed") failures.push(`${fullName}\n    ${failedExpectations[0]?.message.split("\n")[0]}`);
    counts[status === "passed" || status === "failed" ? status : "skipped"]++;
  },
});
jasmine.loadConfig({ spec_files: [], random: false });
jasmine.exitOnCompletion = false;
jasmine.env.configure({
  specFilter: (spec) => !Object.hasOwn(excluded, spec.getFullName()) && spec.getFullName().includes(options.filter ?? ""),
});

// The suite prints what it tests: warnings, tables of tensors.
const { log, warn } = console;
console.log = console.warn = () => {};
process.env.BACKEND = options.backend;
process.env.DEVICE = options.device;
require(bundle);
await jasmine.execute();
Object.assign(console, { log, warn });

for (const failure of failures) console.log(`failed: ${failure}`);
for (const [name, reason] of Object.entries(excluded)) console.log(`excluded: ${name}: ${reason}`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);
