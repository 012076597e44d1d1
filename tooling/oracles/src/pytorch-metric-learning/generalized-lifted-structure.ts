import { generalizedLiftedStructure } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { distanceMargin, pairDistances } from "./common/pair-distances.js";
import { reducerOf } from "./common/reducer.js";
import { relationCase } from "./common/relation-case.js";

export const mapping: LossMapping = {
  GeneralizedLiftedStructureLoss: {
    options: ["neg_margin", "pos_margin", "distance", "reducer"],
    say: (golden) => {
      const { neg_margin = 1, pos_margin = 0 } = golden.options as { neg_margin?: number; pos_margin?: number };
      const loss = generalizedLiftedStructure({
        negativeMargin: distanceMargin(golden.distance!, neg_margin),
        positiveMargin: distanceMargin(golden.distance!, pos_margin),
        distances: pairDistances(golden.distance!),
        reducer: reducerOf(golden.reducer!),
      });
      return relationCase(golden, loss);
    },
  },
};
