import { packageBuild } from "@quaterion/tsup-config";

// One file each, so that whoever imports one loss bundles that loss alone.
const build = packageBuild({ entry: ["src/*.ts", "!src/*.test.ts"], bundle: false, treeshake: false });
export default { ...build, dts: { ...(typeof build.dts === "object" && build.dts), entry: "src/index.ts" } };
