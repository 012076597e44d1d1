import { join } from "node:path";
import { build } from "esbuild";

/** What one import of the package takes in a bundle that has TensorFlow.js. */
export interface Bundle {
  readonly name: string;
  /** Minified. */
  readonly bytes: number;
  /** Of these, the checks and errors of `@quaterion/core`, which all packages of the house share. */
  readonly coreBytes: number;
  /** Files of the package that something was kept of. */
  readonly files: readonly string[];
}

/** A line that a bundle with TensorFlow.js in it has no need of. */
const importLine = /import\*as \w+ from"@tensorflow\/tfjs-core";/g;

/** Bundles `export { name } from "@quaterion/losses"`, minified; TensorFlow.js is not counted, nor are the lines that import it. */
export async function bundleOf(root: string, name: string): Promise<Bundle> {
  const { metafile, outputFiles } = await build({
    stdin: { contents: `export { ${name} } from "@quaterion/losses";`, resolveDir: join(root, "tooling", "catalogue") },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    conditions: ["@quaterion/source"],
    external: ["@tensorflow/tfjs-core"],
    absWorkingDir: root,
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  const kept = Object.entries(Object.values(metafile.outputs)[0]!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const core = kept.filter(([file]) => file.startsWith("packages/core/"));
  return {
    name,
    bytes: outputFiles[0]!.text.replaceAll(importLine, "").length,
    coreBytes: core.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0),
    files: kept.flatMap(([file]) => /^packages\/losses\/src\/(.*)\.ts$/.exec(file)?.[1] ?? []),
  };
}
