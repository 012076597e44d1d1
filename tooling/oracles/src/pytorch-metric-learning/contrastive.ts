import { contrastive } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { distanceMargin, pairDistances } from "./common/pair-distances.js";
import { reducerOfKinds } from "./common/reducer.js";
import { embeddingRegularizer } from "./common/regularizers.js";
import { relationCase } from "./common/relation-case.js";

export const mapping: LossMapping = {
  ContrastiveLoss: {
    options: ["pos_margin", "neg_margin", "distance", "reducer", "memory_size", ...embeddingRegularizer],
    say: (golden) => {
      const { pos_margin = 0, neg_margin = 1 } = golden.options as { pos_margin?: number; neg_margin?: number };
      const { reducer, differs } = reducerOfKinds(golden);
      const loss = contrastive({
        squared: false,
        positiveMargin: distanceMargin(golden.distance!, pos_margin),
        margin: distanceMargin(golden.distance!, neg_margin),
        distances: pairDistances(golden.distance!),
        reducer,
      });
      return { ...relationCase(golden, loss), differs };
    },
  },
};
