import { cosineSimilarities, dotProducts, multipleNegativesRanking, type PairFunction } from "@quaterion/losses";
import type { LossCase } from "../golden-case.js";
import { type LossMapping, Uncovered } from "../mapping.js";
import { stackedCase } from "./common/columns-case.js";

const similarities: Record<string, PairFunction> = { cos_sim: cosineSimilarities, dot_score: dotProducts };

const said = (symmetric: boolean) => (golden: LossCase) => {
  const { scale, similarity_fct = "cos_sim" } = golden.options as { scale?: number; similarity_fct?: string };
  if (!similarities[similarity_fct]) throw new Uncovered(`similarity ${similarity_fct}`);
  const loss = multipleNegativesRanking({ scale, symmetric, similarities: similarities[similarity_fct] });
  return stackedCase(golden, loss, (i, j) => (i === j ? 1 : -1));
};

const options = ["scale", "similarity_fct"];

export const mapping: LossMapping = {
  MultipleNegativesRankingLoss: { options, say: said(false) },
  CachedMultipleNegativesRankingLoss: { options: [...options, "mini_batch_size"], say: said(false) },
  MultipleNegativesSymmetricRankingLoss: { options, say: said(true) },
  CachedMultipleNegativesSymmetricRankingLoss: { options: [...options, "mini_batch_size"], say: said(true) },
};
