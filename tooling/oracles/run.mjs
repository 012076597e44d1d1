// Holds @quaterion/losses to the golden values of its Python peers. Usage: node run.mjs [folder]; default: the project's own trimmed files.
// Every file of src/<peer> says how the cases of some of the peer's classes are put with our API; all are found here, by folder.
import { mkdir, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const bundle = join(here, "dist", "oracles.cjs");
const require = createRequire(import.meta.url);
const packageFolder = (name) => dirname(require.resolve(`${name}/package.json`));

/** Source text of an array with the `mapping` of every file in a folder. */
const mappings = async (folder) => {
  const files = (await readdir(join(here, "src", folder), { withFileTypes: true })).filter((entry) => entry.isFile());
  return `[${files.map(({ name }) => `require("./src/${folder}/${name}").mapping`).join(", ")}]`;
};

await mkdir(dirname(bundle), { recursive: true });
await build({
  stdin: {
    contents: `module.exports = (folder) => require("./src/main.ts").main(folder, {
      pytorchMetricLearning: ${await mappings("pytorch-metric-learning")},
      sentenceTransformers: ${await mappings("sentence-transformers")},
      miners: ${await mappings("pytorch-metric-learning/miners")},
    });`,
    resolveDir: here,
  },
  outfile: bundle,
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  mainFields: ["module", "main"],
  conditions: ["@quaterion/source"],
  // One tfjs-core for all, whichever package asks for it, and with the files that register gradients.
  ignoreAnnotations: true,
  alias: Object.fromEntries(["@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-cpu"].map((name) => [name, packageFolder(name)])),
  nodePaths: [join(here, "node_modules")],
  external: ["onnxruntime-node"],
  logLevel: "error",
});

const { INIT_CWD } = process.env; // where the user stood: pnpm and npm run scripts in the package's folder
const given = process.argv.slice(2).filter((argument) => argument !== "--");
process.exitCode = await require(bundle)(given.length === 0 ? join(here, "fixtures") : resolve(INIT_CWD ?? ".", ...given));
