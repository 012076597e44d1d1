import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..", "..");
const here = join(root, "tooling", "create-loss");
const folder = mkdtempSync(join(tmpdir(), "quaterion-create-loss-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function create(...args: string[]) {
  const { INIT_CWD: _, ...env } = process.env;
  return spawnSync(process.execPath, [join(here, "run.mjs"), ...args], { cwd: folder, encoding: "utf8", env });
}

const filesIn = (path: string) =>
  readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((file) => !/(^|\/)(node_modules|dist|\.turbo)(\/|$)/.test(file))
    .sort();
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));

describe("create-loss", () => {
  it.each(["relations", "classes", "scores", "views"])(
    "writes a package on %s that type-checks and keeps the laws",
    (reads) => {
      const project = join(folder, `far-${reads}`);
      const { status, stdout } = create("farAP", "--folder", `far-${reads}`, "--reads", reads);
      expect(status).toBe(0);
      expect(stdout).toContain(`farAP, a loss on ${reads}`);
      expect(stdout).toContain("npm test");
      expect(filesIn(project)).toContain(join("src", "far-ap.ts"));
      for (const file of filesIn(project).filter((name) => name.includes("."))) {
        expect(readFileSync(join(project, file), "utf8")).not.toMatch(/my-?[lL]oss|DEFINE|LAWS|VERSION|workspace:|catalog:/);
      }

      // What npm would install comes from this repository's source.
      symlinkSync(join(here, "node_modules"), join(project, "node_modules"));
      const conditions = ["@quaterion/source", "node", "import", "module", "default"];
      const resolve = { conditions, externalConditions: conditions };
      writeFileSync(join(project, "vitest.config.mjs"), `export default ${JSON.stringify({ resolve, ssr: { resolve } })};`);
      const run = (command: string, ...args: string[]) =>
        spawnSync(join(here, "node_modules", ".bin", command), args, { cwd: project, encoding: "utf8" });
      // The packages' own source wants Node's types, which their built declarations do not.
      const source = ["--customConditions", "@quaterion/source", "--types", "node", "--lib", "ES2023,ESNext.Disposable"];
      const types = run("tsc", "-p", ".", ...source, "--typeRoots", join(root, "node_modules", "@types"));
      expect(types.stdout).toBe("");
      const tests = run("vitest", "run", "--reporter=json");
      const { numPassedTests, numFailedTests } = JSON.parse(tests.stdout.slice(tests.stdout.indexOf("{")));
      expect(numFailedTests).toBe(0);
      expect(numPassedTests).toBeGreaterThan(7);
    },
    120_000,
  );

  it("writes what apps/example-loss is made of", () => {
    expect(create("binomial-deviance").status).toBe(0);
    const [made, example] = [join(folder, "binomial-deviance"), join(root, "apps", "example-loss")];
    expect(filesIn(made)).toEqual(filesIn(example));
    const [ours, theirs] = [json(join(made, "package.json")), json(join(example, "package.json"))];
    const { private: _, ...published } = theirs;
    expect(Object.keys(ours)).toEqual(Object.keys(published));
    for (const field of ["type", "sideEffects", "keywords", "files", "scripts", "peerDependencies"])
      expect(ours[field]).toEqual(theirs[field]);
    for (const field of ["dependencies", "devDependencies"]) expect(Object.keys(ours[field])).toEqual(Object.keys(theirs[field]));
    expect(Object.keys(ours.exports["."])).toEqual(
      Object.keys(theirs.exports["."]).filter((condition) => condition !== "@quaterion/source"),
    );
  });

  it("does not write into a folder that holds something", () => {
    const { status, stderr } = create("twice");
    expect([status, stderr]).toEqual([0, ""]);
    const before = filesIn(join(folder, "twice"));
    const again = create("other", "--folder", "twice");
    expect(again.status).toBe(1);
    expect(again.stderr).toContain("twice is not empty: nothing was written.");
    expect(filesIn(join(folder, "twice"))).toEqual(before);
  });

  it.each([
    [["--reads", "relations"], "Expected one name; received none."],
    [["a", "b"], "Expected one name; received a b."],
    [["My Loss"], "begin with a small letter, as my-loss or myLoss; received"],
    [["../escape"], "begin with a small letter"],
    [["my--loss"], "begin with a small letter"],
    [["default"], '"default" is a word of JavaScript'],
    [["near", "--reads", "pixels"], 'one of relations, classes, scores, views; received "pixels"'],
    [["near", "--colour"], "Unknown option '--colour'"],
  ])("rejects %j", (args, message) => {
    const before = filesIn(folder);
    const { status, stderr } = create(...args);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
    expect(filesIn(folder)).toEqual(before);
  });
});
