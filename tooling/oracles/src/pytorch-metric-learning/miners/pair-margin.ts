import { pairMargin } from "@quaterion/losses";
import type { MinerMapping } from "../../mapping.js";
import { distanceMargin } from "../common/pair-distances.js";

export const mapping: MinerMapping = {
  PairMarginMiner: {
    options: ["pos_margin", "neg_margin", "distance"],
    say: ({ options, distance }) => {
      const { pos_margin = 0.2, neg_margin = 0.8 } = options as { pos_margin?: number; neg_margin?: number };
      const positiveMargin = distanceMargin(distance, pos_margin);
      return { miner: pairMargin({ positiveMargin, negativeMargin: distanceMargin(distance, neg_margin) }) };
    },
  },
};
