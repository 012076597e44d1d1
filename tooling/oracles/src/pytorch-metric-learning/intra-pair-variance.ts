import { intraPairVariance } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { relationCase } from "./common/relation-case.js";

export const mapping: LossMapping = {
  IntraPairVarianceLoss: {
    options: ["pos_eps", "neg_eps"],
    say: (golden) => {
      const { pos_eps: positiveSlack, neg_eps: negativeSlack } = golden.options as { pos_eps?: number; neg_eps?: number };
      return relationCase(golden, intraPairVariance({ positiveSlack, negativeSlack }));
    },
  },
};
