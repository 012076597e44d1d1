import { largeMarginSoftmax } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { classCase } from "./common/class-case.js";
import { weightRegularizer } from "./common/regularizers.js";

export const mapping: LossMapping = {
  LargeMarginSoftmaxLoss: {
    options: ["num_classes", "embedding_size", "margin", "scale", ...weightRegularizer],
    say: (golden) => {
      const { margin, scale } = golden.options as { margin?: number; scale?: number };
      return classCase(golden, largeMarginSoftmax({ margin, scale }), { prototypes: { weight: "W", transposed: true } });
    },
  },
};
