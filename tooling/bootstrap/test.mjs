// `npm test`: installs and builds what is missing, then runs everything that must hold. Ends with one line: N passed, N failed.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pnpm, prepare, root } from "./prepare.mjs";

let passed = 0;
let failed = 0;
const started = Date.now();

/** One check that is a program's exit status. */
async function check(title, args) {
  const from = Date.now();
  const { status, output } = await pnpm(["exec", ...args], { quiet: true });
  const ok = status === 0;
  if (ok) passed++;
  else failed++;
  console.log(`${ok ? "ok  " : "FAIL"} ${title} (${((Date.now() - from) / 1000).toFixed(0)} s)`);
  if (!ok) console.log(output.trim());
}

await prepare();
console.log("ok   install and build");
await check("format and lint: biome", ["biome", "check", "."]);
await check("types: tsc in every package", ["turbo", "run", "types", "--output-logs=errors-only"]);
await check("imports point down only: dependency-cruiser", ["depcruise", "--config", ".dependency-cruiser.cjs", "packages", "apps"]);

const folder = mkdtempSync(join(tmpdir(), "quaterion-test-"));
const report = join(folder, "vitest.json");
console.log("     unit, README, app and package tests: vitest …");
await pnpm(["exec", "vitest", "run", "--reporter=dot", "--reporter=json", `--outputFile.json=${report}`]);
try {
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
  passed += numPassedTests;
  // A file that could not be loaded has no test of its own that failed.
  failed +=
    numFailedTests +
    testResults.filter((file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed")).length;
  console.log(
    `ran  ${testResults.length} test files in ${root}: ${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`,
  );
} catch {
  failed++;
  console.log("FAIL vitest ended without a report");
}
rmSync(folder, { recursive: true, force: true });

// TensorFlow.js's own suite on our backend: its counts join the totals.
const conformance = await pnpm(["exec", "node", join(root, "tooling", "conformance", "run.mjs")], { quiet: true });
const counts = /(\d+) passed, (\d+) failed, (\d+) skipped\s*$/.exec(conformance.output);
if (counts !== null) {
  passed += Number(counts[1]);
  failed += Number(counts[2]);
} else failed++;
if (conformance.status !== 0 || counts === null) console.log(`FAIL conformance\n${conformance.output.trim()}`);
else console.log(`ran  TensorFlow.js's suite on the backend: ${counts[0].trim()}`);

console.log(`\n${((Date.now() - started) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
