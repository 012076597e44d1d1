import { cosineSimilarity } from "@quaterion/losses";
import { type LossMapping, Uncovered } from "../mapping.js";
import { labelScores, pairsCase } from "./common/pairs-case.js";

const errors = { MSELoss: "squared", L1Loss: "absolute" } as const;

export const mapping: LossMapping = {
  CosineSimilarityLoss: {
    options: ["loss_fct"],
    say: (golden) => {
      const { loss_fct = "MSELoss" } = golden.options as { loss_fct?: keyof typeof errors };
      if (!errors[loss_fct]) throw new Uncovered(`loss_fct ${loss_fct}`);
      return pairsCase(golden, cosineSimilarity({ error: errors[loss_fct] }), () => labelScores(golden));
    },
  },
};
