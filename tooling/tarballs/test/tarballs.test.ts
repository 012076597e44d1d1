import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tinyFiles } from "../../../packages/encoders/test/tiny-text-model.js";
import { fixture, jsonFixture } from "../../../packages/encoders/test/tiny-transformer.js";
import { openHub } from "../src/hub.js";
import { importedPackages, readmePromise } from "../src/readme.js";
import { closure, pack, program, publishedPackages, root } from "../src/workspace.js";

const packages = publishedPackages();
const folder = mkdtempSync(join(tmpdir(), "quaterion-tarballs-"));
const tarballs = new Map<string, string>();
const bin = (name: string) => join(root, "node_modules", ".bin", name);

let hub: Awaited<ReturnType<typeof openHub>>;

/** What `tsc --init` writes, for Node. */
const strict = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  module: "nodenext",
  target: "es2023",
  noEmitOnError: true,
  skipLibCheck: true,
  types: ["node"],
  typeRoots: [join(root, "node_modules", "@types")],
};

/** Examples that are compiled here and run elsewhere, by what they call, and why. */
const notRun: Readonly<Record<string, string>> = {
  openRedisCache: "it needs a Redis server: packages/cache/test/redis-cache.test.ts starts one",
  imageEncoder: "it needs a folder of photos: apps/reference/test/images-page.test.ts draws one and runs it",
};

/** A training file for the examples that read one. */
const trainFile =
  "text,label\nmy card is lost,lost\ncard lost,lost\nlost my cards,lost\nwhat rate,rate\nwhat is my rate,rate\nhello what rate,rate\nhello,greeting\nhello hello,greeting\nhello you,greeting\n";

beforeAll(async () => {
  const model = {
    "config.json": await jsonFixture("bert.config.json"),
    "tokenizer_config.json": { pad_token: "[PAD]", model_max_length: 64, tokenizer_class: "BertTokenizer" },
    "model.safetensors": await fixture("bert.safetensors"),
  };
  hub = await openHub(tinyFiles(model));
  for (const target of packages) {
    if (!existsSync(join(target.folder, "dist"))) throw new Error(`${target.name} is not built; run "npm run build" first.`);
    tarballs.set(target.name, await pack(target, join(folder, "packed")));
  }
}, 300_000);
afterAll(() => {
  hub.server.closeAllConnections();
  hub.server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Installs packages of the house from the tarballs just packed, also what those depend on, and others from the registry. */
async function install(project: string, names: readonly string[]): Promise<void> {
  const ours = new Set(names.flatMap((name) => closure(name, packages).map((found) => found.name)));
  const dependencies = Object.fromEntries([...ours].map((name) => [name, `file:${tarballs.get(name)}`]));
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module", dependencies }));
  const others = names.filter((name) => !ours.has(name));
  await program("npm", ["install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", ...others], project);
}

/** Compiles programs under {@link strict}. @returns the names of their files */
async function typeCheck(project: string, examples: readonly string[]): Promise<string[]> {
  const files = examples.map((_, i) => `example-${i + 1}`);
  for (const [i, file] of files.entries()) writeFileSync(join(project, `${file}.ts`), examples[i]!);
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: strict, files: files.map((file) => `${file}.ts`) }));
  await program(bin("tsc"), ["-p", project], project);
  return files;
}

/** Type-checks programs and runs them one after the other, in one folder. @returns what each that ran printed */
async function runExamples(project: string, examples: readonly string[]): Promise<string[]> {
  const files = await typeCheck(project, examples);
  writeFileSync(join(project, "train.csv"), trainFile);
  const env = {
    HF_ENDPOINT: hub.endpoint,
    HF_HOME: join(folder, "hub"),
    HF_HUB_CACHE: join(folder, "hub"),
    QUATERION_HOME: join(folder, "home"),
  };
  const printed: string[] = [];
  for (const [i, file] of files.entries()) {
    const why = Object.entries(notRun).find(([name]) => examples[i]!.includes(`${name}(`))?.[1];
    if (why !== undefined) console.log(`Example ${i + 1} is not run here: ${why}.`);
    else printed.push(await program(process.execPath, [`${file}.js`], project, env));
  }
  return printed;
}

function bytesIn(path: string): number {
  const info = statSync(path);
  return info.isDirectory() ? readdirSync(path).reduce((sum, entry) => sum + bytesIn(join(path, entry)), 0) : info.size;
}

describe.each(packages)("$name, packed", (target) => {
  it("passes publint and Are the Types Wrong", async () => {
    await program(bin("publint"), [tarballs.get(target.name)!, "--strict"], folder);
    await program(bin("attw"), [tarballs.get(target.name)!, "--profile", "esm-only"], folder);
  }, 120_000);

  it("installs into an empty project with scripts off, and its README's examples type-check and run", async () => {
    const readme = readmePromise(readFileSync(join(target.folder, "README.md"), "utf8"), `${target.name}/README.md`);
    const project = join(folder, target.name.split("/")[1]!);
    const promised = [...readme.install, target.name];
    await install(project, promised);
    const installed = (bytesIn(join(project, "node_modules")) / 1e6).toFixed(1);
    // Later examples show the package among others of the house.
    const more = importedPackages(readme.examples).filter((name) => !existsSync(join(project, "node_modules", name)));
    if (more.length > 0) await install(project, [...promised, ...more]);
    const printed = await runExamples(project, readme.examples);
    console.log(
      `${target.name}: ${installed} MB installed; ${printed.length} examples, the first prints ${printed[0]!.trim().split("\n").length} lines`,
    );
    expect(printed[0]!.trim()).not.toBe("");
  }, 600_000);
});

describe("the page of the first README", () => {
  it("type-checks with what it says to install", async () => {
    const readme = readmePromise(readFileSync(join(root, "README.md"), "utf8"), "README.md");
    expect(importedPackages(readme.examples).filter((name) => !readme.install.includes(name))).toEqual([]);
    const project = join(folder, "page");
    await install(project, readme.install);
    await typeCheck(project, readme.examples);
  }, 300_000);
});

describe("an outsider's loss", () => {
  it("passes the laws in a project of its own, as CONTRIBUTING says", async () => {
    const project = join(folder, "outsider");
    await install(project, ["@quaterion/losses", "@quaterion/testing", "@tensorflow/tfjs-core@4.22.0", "vitest@4.1.12"]);
    mkdirSync(join(project, "src"));
    for (const file of ["binomial-deviance.ts", "binomial-deviance.test.ts"]) {
      copyFileSync(join(root, "apps", "example-loss", "src", file), join(project, "src", file));
    }
    const printed = await program("npx", ["vitest", "run", "--reporter=json"], project);
    const { numPassedTests, numFailedTests } = JSON.parse(printed.slice(printed.indexOf("{")));
    expect(numFailedTests).toBe(0);
    expect(numPassedTests).toBeGreaterThan(10);

    // The README's example imports the package by its own name.
    const manifest = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
    const named = { ...manifest, name: "quaterion-loss-example", exports: "./src/binomial-deviance.js" };
    writeFileSync(join(project, "package.json"), JSON.stringify(named));
    const blocks = [...readFileSync(join(root, "apps", "example-loss", "README.md"), "utf8").matchAll(/^```ts\n([\s\S]*?)^```/gm)];
    expect(
      await runExamples(
        project,
        blocks.map(([, example]) => example!),
      ),
    ).toEqual(["binomialDeviance true\n"]);
  }, 300_000);
});
