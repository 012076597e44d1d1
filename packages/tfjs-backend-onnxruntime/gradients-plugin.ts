import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import * as core from "@tensorflow/tfjs-core";
import type { Plugin } from "esbuild";

/** Where an internal name is public: at the top, or in one of these collections. */
const { util, broadcast_util, backend_util, slice_util, tensor_util } = core;
const collections = Object.entries({ util, broadcast_util, backend_util, slice_util, tensor_util });

function publicModule(names: readonly string[]): string | undefined {
  const lines: string[] = [];
  for (const name of names) {
    const [collection] = collections.find(([, members]) => Object.hasOwn(members, name)) ?? [];
    if (Object.hasOwn(core, name)) lines.push(`export { ${name} } from "@tensorflow/tfjs-core";`);
    else if (collection !== undefined)
      lines.push(
        `import { ${collection} as from_${name} } from "@tensorflow/tfjs-core"; export const ${name} = /* @__PURE__ */ (() => from_${name}.${name})();`,
      );
    else return undefined;
  }
  return lines.length === 0 ? undefined : lines.join("\n");
}

/** Names that a module of TensorFlow.js exports. */
function exportsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const declared = [...text.matchAll(/^export (?:async )?(?:const|let|var|function\*?|class) (\w+)/gm)].map((match) => match[1]!);
  const listed = [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap((match) =>
    match[1]!.split(",").map((name) => name.trim().split(" as ").at(-1)!),
  );
  const passedOn = [...text.matchAll(/^export \* from '(\.[^']*)'/gm)].flatMap((match) =>
    exportsOf(`${resolve(dirname(file), match[1]!)}.js`),
  );
  return [...declared, ...listed, ...passedOn].filter((name) => name !== "");
}

/**
 * Bundles TensorFlow.js's gradients so that they call the installed package: a module whose every export is public is replaced by the package's own.
 * What is left is the formulas, and the few operations that only gradients use.
 */
export const gradientsPlugin: Plugin = {
  name: "tfjs-gradients",
  setup(build) {
    build.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
      if (!/tfjs-core[\\/]dist/.test(resolveDir)) return undefined;
      const file = `${resolve(resolveDir, path).replace(/\.js$/, "")}.js`;
      // The name stands in comments of the build: no path of this machine.
      const name = file.slice(file.lastIndexOf("tfjs-core"));
      if (file.endsWith("engine.js")) return { path: name, namespace: "tfjs-engine" };
      const contents = publicModule(exportsOf(file));
      return contents === undefined ? { path: file } : { path: name, namespace: "tfjs-public", pluginData: contents, sideEffects: false };
    });
    build.onLoad({ filter: /.*/, namespace: "tfjs-public" }, ({ pluginData }) => ({ contents: pluginData as string }));
    build.onLoad({ filter: /.*/, namespace: "tfjs-engine" }, () => ({
      contents: `import { engine } from "@tensorflow/tfjs-core"; export const ENGINE = engine();`,
    }));
  },
};
