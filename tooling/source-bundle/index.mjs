// Bundles a program from the packages' source, so that a clone runs it without a build.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build } from "esbuild";

/** Packages of which a program must have one copy, whichever package asks for it; of tfjs-core with the files that Node can't load. */
const single = ["@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-cpu"];

/**
 * @param folder the program's own, where its dependencies are installed
 * @param options esbuild's; what they name is added to what every program here has
 */
export function bundleSource(folder, { external = [], ...options }) {
  const require = createRequire(join(folder, "package.json"));
  return build({
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    mainFields: ["module", "main"],
    conditions: ["@quaterion/source"],
    alias: Object.fromEntries(single.map((name) => [name, dirname(require.resolve(`${name}/package.json`))])),
    nodePaths: [join(folder, "node_modules")],
    external: ["onnxruntime-node", "sharp", ...external],
    define: { "import.meta.url": "__bundleUrl" },
    banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: "error",
    ...options,
  });
}
