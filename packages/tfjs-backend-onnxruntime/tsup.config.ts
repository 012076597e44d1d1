import { packageBuild } from "@quaterion/tsup-config";
import { gradientsPlugin } from "./gradients-plugin.js";

export default packageBuild({
  entry: { index: "src/index.ts", gradients: "src/gradients.ts" },
  // Node cannot load this file of TensorFlow.js (ES module syntax in a CommonJS package), so it is part of the build.
  noExternal: [/tfjs-core\/dist\/register_all_gradients/],
  esbuildPlugins: [gradientsPlugin],
});
