import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readmePromise } from "../src/readme.js";
import { closure, pack, program, publishedPackages, root } from "../src/workspace.js";

const packages = publishedPackages();
const folder = mkdtempSync(join(tmpdir(), "quaterion-tarballs-"));
const tarballs = new Map<string, string>();
const bin = (name: string) => join(root, "node_modules", ".bin", name);

beforeAll(() => {
  for (const target of packages) {
    if (!existsSync(join(target.folder, "dist"))) throw new Error(`${target.name} is not built; run "npm run build" first.`);
    tarballs.set(target.name, pack(target, join(folder, "packed")));
  }
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function bytesIn(path: string): number {
  const info = statSync(path);
  return info.isDirectory() ? readdirSync(path).reduce((sum, entry) => sum + bytesIn(join(path, entry)), 0) : info.size;
}

describe.each(packages)("$name, packed", (target) => {
  it("passes publint and Are the Types Wrong", () => {
    program(bin("publint"), [tarballs.get(target.name)!, "--strict"], folder);
    program(bin("attw"), [tarballs.get(target.name)!, "--profile", "esm-only"], folder);
  }, 120_000);

  it("installs into an empty project with scripts off, and its README example type-checks and runs", () => {
    const readme = readmePromise(readFileSync(join(target.folder, "README.md"), "utf8"), `${target.name}/README.md`);
    const project = join(folder, target.name.split("/")[1]!);
    mkdirSync(project);
    // Everything of the house comes from the tarballs just packed, also what those depend on.
    const ours = new Set(readme.install.concat(target.name).flatMap((name) => closure(name, packages).map((found) => found.name)));
    const dependencies = Object.fromEntries([...ours].map((name) => [name, `file:${tarballs.get(name)}`]));
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module", dependencies }));
    const others = readme.install.filter((name) => !ours.has(name));
    program("npm", ["install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", ...others], project);
    const installed = (bytesIn(join(project, "node_modules")) / 1e6).toFixed(1);

    writeFileSync(join(project, "example.ts"), readme.example);
    const options = {
      strict: true,
      module: "nodenext",
      target: "es2023",
      noEmitOnError: true,
      skipLibCheck: true,
      types: ["node"],
      typeRoots: [join(root, "node_modules", "@types")],
    };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["example.ts"] }));
    program(bin("tsc"), ["-p", project], project);
    const printed = program(process.execPath, ["example.js"], project);
    console.log(`${target.name}: ${installed} MB installed; its example prints ${printed.trim().split("\n").length} lines`);
    expect(printed.trim()).not.toBe("");
  }, 300_000);
});

describe("an outsider's loss", () => {
  it("passes the laws in a project of its own, as CONTRIBUTING says", () => {
    const project = join(folder, "outsider");
    const wanted = ["@quaterion/losses", "@quaterion/testing"];
    const ours = new Set(wanted.flatMap((name) => closure(name, packages).map((found) => found.name)));
    const dependencies = Object.fromEntries([...ours].map((name) => [name, `file:${tarballs.get(name)}`]));
    mkdirSync(join(project, "src"), { recursive: true });
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "outsider", private: true, type: "module", dependencies }));
    program(
      "npm",
      ["install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "@tensorflow/tfjs-core@4.22.0", "vitest@4.1.12"],
      project,
    );
    for (const file of ["binomial-deviance.ts", "binomial-deviance.test.ts"]) {
      copyFileSync(join(root, "apps", "example-loss", "src", file), join(project, "src", file));
    }
    const printed = program("npx", ["vitest", "run", "--reporter=json"], project);
    const { numPassedTests, numFailedTests } = JSON.parse(printed.slice(printed.indexOf("{")));
    expect(numFailedTests).toBe(0);
    expect(numPassedTests).toBeGreaterThan(10);
  }, 300_000);
});
