import { packageBuild } from "@quaterion/tsup-config";

export default packageBuild({ entry: { index: "src/index.ts", "trainable/index": "src/trainable/index.ts" } });
