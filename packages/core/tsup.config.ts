import { packageBuild } from "@quaterion/tsup-config";

export default packageBuild({
  entry: { index: "src/index.ts", "training/index": "src/training/index.ts", "node/index": "src/node/index.ts" },
});
