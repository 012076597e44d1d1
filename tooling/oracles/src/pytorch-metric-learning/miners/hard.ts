import { hard } from "@quaterion/losses";
import type { MinerMapping } from "../../mapping.js";

export const mapping: MinerMapping = {
  BatchHardMiner: { options: ["distance"], say: () => ({ miner: hard() }) },
};
