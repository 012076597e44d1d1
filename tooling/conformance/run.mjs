// Runs tfjs-core's own test suite against the ONNX Runtime backend. Usage: node run.mjs [--device webgpu] [--backend cpu] [--filter text]
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundleSource } from "@quaterion/source-bundle";

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

await mkdir(dirname(bundle), { recursive: true });
await bundleSource(folder, {
  entryPoints: [join(folder, "suite.js")],
  outfile: bundle,
  // tfjs-core's `sideEffects` field would drop the specs.
  ignoreAnnotations: true,
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
