// Runs a benchmark from source. Usage: node run.mjs <name> [options]; each says what it takes with --help.
import { existsSync, readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url));
const names = readdirSync(join(folder, "src")).filter((name) => existsSync(join(folder, "src", name, "main.ts")));
const [name, ...rest] = process.argv.slice(2);
if (!names.includes(name)) {
  console.error(
    `Usage: npm run bench -- <name> [options]\nNames: ${names.join(", ")}. ${name === undefined ? "" : `There is no benchmark "${name}".`}`,
  );
  process.exit(name === undefined || name === "--help" ? 0 : 1);
}

const require = createRequire(import.meta.url);
const packageFolder = (of) => dirname(require.resolve(`${of}/package.json`));
const entries = ["main", "worker"].filter((entry) => existsSync(join(folder, "src", name, `${entry}.ts`)));
const outdir = join(folder, "dist", name);
await mkdir(outdir, { recursive: true });
await build({
  entryPoints: entries.map((entry) => join(folder, "src", name, `${entry}.ts`)),
  outdir,
  outExtension: { ".js": ".cjs" },
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  mainFields: ["module", "main"],
  conditions: ["@quaterion/source"],
  // Every engine must see one copy of tfjs-core, with its gradients.
  alias: Object.fromEntries(["@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-cpu"].map((one) => [one, packageFolder(one)])),
  nodePaths: [join(folder, "node_modules")],
  external: ["onnxruntime-node", "@tensorflow/tfjs-backend-wasm", "@tensorflow/tfjs-node", "@tensorflow/tfjs-node-gpu"],
  define: { "import.meta.url": "__bundleUrl" },
  banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: "error",
});
process.argv.splice(1, 2, join(outdir, "main.cjs"), ...[]);
process.env.QUATERION_BENCH = folder;
process.argv = [process.argv[0], join(outdir, "main.cjs"), ...rest];
require(join(outdir, "main.cjs"));
