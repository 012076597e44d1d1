import { packageBuild } from "@quaterion/tsup-config";

export default packageBuild({ entry: ["src/start.ts"], dts: false });
