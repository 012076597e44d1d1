import { circle } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { reducerOf } from "./common/reducer.js";
import { relationCase } from "./common/relation-case.js";

export const mapping: LossMapping = {
  CircleLoss: {
    options: ["m", "gamma", "reducer"],
    say: (golden) => {
      const { m: margin, gamma: scale } = golden.options as { m?: number; gamma?: number };
      return relationCase(golden, circle({ margin, scale, reducer: reducerOf(golden.reducer!) }));
    },
  },
};
