import { packageBuild } from "@quaterion/tsup-config";

export default packageBuild({ entry: { index: "src/index.ts", references: "src/references.ts" } });
