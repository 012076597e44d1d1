import { multiSimilarity } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { reducerOf } from "./common/reducer.js";
import { relationCase } from "./common/relation-case.js";

export const mapping: LossMapping = {
  MultiSimilarityLoss: {
    options: ["alpha", "beta", "base", "reducer"],
    say: (golden) => {
      const { alpha, beta, base } = golden.options as { alpha?: number; beta?: number; base?: number };
      return relationCase(golden, multiSimilarity({ alpha, beta, base, reducer: reducerOf(golden.reducer!) }));
    },
  },
};
