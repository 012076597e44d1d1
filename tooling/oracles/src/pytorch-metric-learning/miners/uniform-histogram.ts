import { uniformHistogram } from "@quaterion/losses";
import type { MinerMapping } from "../../mapping.js";

export const mapping: MinerMapping = {
  UniformHistogramMiner: {
    options: ["num_bins", "pos_per_bin", "neg_per_bin", "distance"],
    say: ({ options }) => {
      const { num_bins, pos_per_bin, neg_per_bin } = options as { num_bins?: number; pos_per_bin?: number; neg_per_bin?: number };
      return { miner: uniformHistogram({ bins: num_bins, positivesPerBin: pos_per_bin, negativesPerBin: neg_per_bin }) };
    },
  },
};
