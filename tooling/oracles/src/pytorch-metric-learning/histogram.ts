import { histogram } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { relationCase } from "./common/relation-case.js";

export const mapping: LossMapping = {
  HistogramLoss: {
    options: ["n_bins", "delta"],
    say: (golden) => {
      const { delta, n_bins = delta && Math.round(2 / delta) } = golden.options as { n_bins?: number; delta?: number };
      return relationCase(golden, histogram({ bins: n_bins }));
    },
  },
};
