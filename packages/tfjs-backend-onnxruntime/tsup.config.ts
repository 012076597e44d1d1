import { packageBuild } from "@quaterion/tsup-config";

export default packageBuild({ entry: { index: "src/index.ts", gradients: "src/gradients.ts" } });
