import { packageBuild } from "@quaterion/tsup-config";

export default packageBuild();
