import { softTriple } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { classCase } from "./common/class-case.js";
import { weightRegularizer } from "./common/regularizers.js";

export const mapping: LossMapping = {
  SoftTripleLoss: {
    options: ["num_classes", "embedding_size", "centers_per_class", "la", "gamma", "margin", ...weightRegularizer],
    say: (golden) => {
      const { centers_per_class: centers, la: scale, gamma, margin } = golden.options as Record<string, number | undefined>;
      return classCase(golden, softTriple({ centers, scale, gamma, margin }), { prototypes: { weight: "fc", transposed: true } });
    },
  },
};
