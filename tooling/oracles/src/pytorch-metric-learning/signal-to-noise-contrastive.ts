import { signalToNoiseContrastive } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { pairDistances } from "./common/pair-distances.js";
import { reducerOfKinds } from "./common/reducer.js";
import { relationCase } from "./common/relation-case.js";

export const mapping: LossMapping = {
  SignalToNoiseRatioContrastiveLoss: {
    options: ["pos_margin", "neg_margin", "distance", "reducer"],
    say: (golden) => {
      const { pos_margin: positiveMargin, neg_margin: margin } = golden.options as { pos_margin?: number; neg_margin?: number };
      const { reducer, differs } = reducerOfKinds(golden);
      const loss = signalToNoiseContrastive({
        positiveMargin,
        margin,
        distances: pairDistances(golden.distance!),
        reducer,
      });
      return { ...relationCase(golden, loss), differs };
    },
  },
};
