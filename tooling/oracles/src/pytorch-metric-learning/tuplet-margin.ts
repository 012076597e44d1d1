import { tupletMargin } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { relationCase } from "./common/relation-case.js";

export const mapping: LossMapping = {
  TupletMarginLoss: {
    options: ["margin", "scale"],
    say: (golden) => {
      const { margin = 5.73, scale } = golden.options as { margin?: number; scale?: number }; // the peer's margin is in degrees
      return relationCase(golden, tupletMargin({ slack: (margin * Math.PI) / 180, scale }));
    },
  },
};
