import { coSENT, pairedCosines } from "@quaterion/losses";
import { bare, type LossMapping } from "../mapping.js";
import { labelScores, pairedSimilarities, pairsCase } from "./common/pairs-case.js";

export const mapping: LossMapping = {
  CoSENTLoss: {
    options: ["scale", "similarity_fct"],
    say: (golden, around = bare) => {
      const { scale, similarity_fct } = golden.options as { scale?: number; similarity_fct?: string };
      const loss = coSENT({ scale, similarities: pairedSimilarities(similarity_fct, pairedCosines) });
      return pairsCase(golden, around(loss), () => labelScores(golden));
    },
  },
};
