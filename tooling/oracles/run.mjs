// Holds @quaterion/losses to the golden values of its Python peers. Usage: node run.mjs [folder]; default: the project's own trimmed files.
// Every file of src/<peer> says how the cases of some of the peer's classes are put with our API; all are found here, by folder.
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleSource } from "@quaterion/source-bundle";

const here = dirname(fileURLToPath(import.meta.url));
const bundle = join(here, "dist", "oracles.cjs");
const require = createRequire(import.meta.url);

/** Source text of an array with the `mapping` of every file in a folder. */
const mappings = async (folder) => {
  const files = (await readdir(join(here, "src", folder), { withFileTypes: true })).filter((entry) => entry.isFile());
  return `[${files.map(({ name }) => `require("./src/${folder}/${name}").mapping`).join(", ")}]`;
};

await bundleSource(here, {
  stdin: {
    contents: `module.exports = (folder) => require("./src/main.ts").main(folder, {
      pytorchMetricLearning: ${await mappings("pytorch-metric-learning")},
      sentenceTransformers: ${await mappings("sentence-transformers")},
      miners: ${await mappings("pytorch-metric-learning/miners")},
    });`,
    resolveDir: here,
  },
  outfile: bundle,
  // tfjs-core's `sideEffects` field would drop the files that register gradients.
  ignoreAnnotations: true,
});

const { INIT_CWD } = process.env; // where the user stood: pnpm and npm run scripts in the package's folder
const given = process.argv.slice(2).filter((argument) => argument !== "--");
process.exitCode = await require(bundle)(given.length === 0 ? join(here, "fixtures") : resolve(INIT_CWD ?? ".", ...given));
