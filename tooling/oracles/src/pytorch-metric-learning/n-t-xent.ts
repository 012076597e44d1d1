import { nTXent } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { pairSimilarities } from "./common/pair-distances.js";
import { reducerOf } from "./common/reducer.js";
import { relationCase } from "./common/relation-case.js";

export const mapping: LossMapping = {
  NTXentLoss: {
    options: ["temperature", "distance", "reducer", "memory_size"],
    say: (golden) => {
      const { temperature } = golden.options as { temperature?: number };
      return relationCase(
        golden,
        nTXent({ temperature, similarities: pairSimilarities(golden.distance!), reducer: reducerOf(golden.reducer!) }),
      );
    },
  },
};
