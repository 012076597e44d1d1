// Usage: node run.mjs docs|sizes. docs writes the tables of packages/losses/README.md from the docstrings; sizes prints what each loss takes in a bundle.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const [name] = process.argv.slice(2);
if (name !== "docs" && name !== "sizes") {
  console.error("Usage: node tooling/catalogue/run.mjs docs|sizes");
  process.exit(1);
}
const require = createRequire(import.meta.url);
const outfile = join(here, "dist", `${name}.cjs`);
await build({
  entryPoints: [join(here, "src", name, "main.ts")],
  outfile,
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  mainFields: ["module", "main"],
  conditions: ["@quaterion/source"],
  alias: { "@tensorflow/tfjs-core": dirname(require.resolve("@tensorflow/tfjs-core/package.json")) },
  external: ["esbuild"],
  logLevel: "error",
});
await require(outfile).main(join(here, "..", ".."));
