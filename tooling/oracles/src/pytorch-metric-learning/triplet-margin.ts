import { tripletMargin } from "@quaterion/losses";
import { type LossMapping, Uncovered } from "../mapping.js";
import { pairDistances } from "./common/pair-distances.js";
import { relationCase } from "./common/relation-case.js";

const averages = { MeanReducer: "every", AvgNonZeroReducer: "active" } as const;

export const mapping: LossMapping = {
  TripletMarginLoss: {
    options: ["margin", "swap", "smooth_loss", "distance", "reducer", "memory_size"],
    say: (golden) => {
      const { margin = 0.05, swap, smooth_loss: soft } = golden.options as { margin?: number; swap?: boolean; smooth_loss?: boolean };
      const average = averages[golden.reducer!.type as keyof typeof averages];
      if (!average) throw new Uncovered(`reducer ${golden.reducer!.type}: \`average\` is "active" or "every"`);
      return relationCase(golden, tripletMargin({ margin, swap, soft, average, distances: pairDistances(golden.distance!) }));
    },
  },
};
