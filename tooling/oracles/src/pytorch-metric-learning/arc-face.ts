import { arcFace } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { classCase } from "./common/class-case.js";
import { weightRegularizer } from "./common/regularizers.js";

export const mapping: LossMapping = {
  ArcFaceLoss: {
    options: ["num_classes", "embedding_size", "margin", "scale", ...weightRegularizer],
    say: (golden) => {
      const { margin = 28.6, scale } = golden.options as { margin?: number; scale?: number }; // the peer's margin is in degrees
      return classCase(golden, arcFace({ margin: (margin * Math.PI) / 180, scale }), { prototypes: { weight: "W", transposed: true } });
    },
  },
};
