// The house's walls: imports point down only.
const leaf = (name, allowed) => ({
  name: `${name}-imports`,
  severity: "error",
  comment: `packages/${name} may import only ${allowed.join(", ") || "nothing of the house"}`,
  from: { path: `^packages/${name}/src`, pathNot: "\\.test\\.ts$" },
  to: { path: "^packages/", pathNot: [`^packages/${name}/`, ...allowed.map((other) => `^packages/${other}/`)] },
});

module.exports = {
  forbidden: [
    { name: "could-not-resolve", severity: "error", from: {}, to: { couldNotResolve: true, path: "^(@quaterion|\\.)" } },
    // A circle of types alone runs nothing in a circle.
    { name: "no-circles", severity: "error", from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
    leaf("formats", []),
    leaf("core", []),
    leaf("search", ["core"]),
    leaf("losses", ["core"]),
    leaf("cache", ["core"]),
    leaf("encoders", ["core", "formats"]),
    leaf("datasets", ["core", "search"]),
    leaf("evaluation", ["core", "search"]),
    leaf("tfjs-backend-onnxruntime", ["formats"]),
    leaf("testing", ["core", "tfjs-backend-onnxruntime"]),
    leaf("trainer", ["core", "formats", "tfjs-backend-onnxruntime"]),
    leaf("serving", ["core", "search", "encoders"]),
    {
      name: "serving-has-no-training-code",
      severity: "error",
      from: { path: "^packages/serving/src", pathNot: "\\.test\\.ts$" },
      to: { path: "(^packages/encoders/src/trainable|@tensorflow/)" },
    },
    {
      name: "frozen-encoders-have-no-tfjs",
      severity: "error",
      from: { path: "^packages/encoders/src", pathNot: "(\\.test\\.ts$|/trainable/)" },
      to: { path: "(@tensorflow/|^packages/encoders/src/trainable)" },
    },
    {
      name: "runs-in-a-browser",
      severity: "error",
      comment: "core's contracts, search and the file formats import nothing from node:",
      from: { path: "^packages/(core|search|formats)/src", pathNot: "(\\.test\\.ts$|/node/)" },
      to: { dependencyTypes: ["core"] },
    },
    { name: "tests-are-not-imported", severity: "error", from: { pathNot: "\\.test\\.ts$" }, to: { path: "\\.test\\.ts$" } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(/dist/|\\.turbo)" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["@quaterion/source", "import", "types", "default", "node"] },
  },
};
