import { normalizedSoftmax } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { classCase } from "./common/class-case.js";
import { weightRegularizer } from "./common/regularizers.js";

export const mapping: LossMapping = {
  NormalizedSoftmaxLoss: {
    options: ["num_classes", "embedding_size", "temperature", ...weightRegularizer],
    say: (golden) => {
      const { temperature } = golden.options as { temperature?: number };
      return classCase(golden, normalizedSoftmax({ temperature }), { prototypes: { weight: "W", transposed: true } });
    },
  },
};
