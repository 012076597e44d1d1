export function packageBuild(options = {}) {
  return {
    entry: ["src/index.ts"],
    format: "esm",
    target: "node20",
    platform: "node",
    clean: true,
    sourcemap: false,
    treeshake: true,
    // tsup's own type build sets `baseUrl`, which TypeScript 6 reports as deprecated.
    dts: { compilerOptions: { ignoreDeprecations: "6.0", customConditions: [] } },
    ...options,
  };
}
