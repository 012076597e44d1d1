import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
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
