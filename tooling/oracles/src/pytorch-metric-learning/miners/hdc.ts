import { hdc } from "@quaterion/losses";
import type { MinerMapping } from "../../mapping.js";

export const mapping: MinerMapping = {
  HDCMiner: {
    options: ["filter_percentage", "distance"],
    say: ({ options }) => ({ miner: hdc({ fraction: options["filter_percentage"] as number | undefined }) }),
  },
};
