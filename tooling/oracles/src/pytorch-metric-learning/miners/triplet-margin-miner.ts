import { type TripletMarginMinerOptions, tripletMarginMiner } from "@quaterion/losses";
import type { MinerMapping } from "../../mapping.js";

export const mapping: MinerMapping = {
  TripletMarginMiner: {
    options: ["margin", "type_of_triplets", "distance"],
    say: ({ options }) => {
      const { margin, type_of_triplets: kind } = options as { margin?: number; type_of_triplets?: string };
      return {
        miner: tripletMarginMiner({ margin, keep: (kind === "semihard" ? "semiHard" : kind) as TripletMarginMinerOptions["keep"] }),
      };
    },
  },
};
