import { multiSimilarityMiner } from "@quaterion/losses";
import type { MinerMapping } from "../../mapping.js";

export const mapping: MinerMapping = {
  MultiSimilarityMiner: {
    options: ["epsilon", "distance"],
    say: ({ options }) => ({ miner: multiSimilarityMiner({ epsilon: options["epsilon"] as number | undefined }) }),
  },
};
