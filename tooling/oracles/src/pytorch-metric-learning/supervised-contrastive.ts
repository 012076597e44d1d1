import { supervisedContrastive } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { reducerOf } from "./common/reducer.js";
import { relationCase } from "./common/relation-case.js";

export const mapping: LossMapping = {
  SupConLoss: {
    options: ["temperature", "reducer"],
    say: (golden) => {
      const { temperature } = golden.options as { temperature?: number };
      return relationCase(golden, supervisedContrastive({ temperature, reducer: reducerOf(golden.reducer!) }));
    },
  },
};
