import { cosineSimilarities, dotProducts, multipleNegativesRanking, type PairFunction } from "@quaterion/losses";
import type { LossCase } from "../golden-case.js";
import { lossNumber } from "../loss-number.js";
import { type Around, bare, type LossMapping, Uncovered } from "../mapping.js";
import { columnsCase } from "./common/columns-case.js";
import { rankingBatch } from "./common/ranking-batch.js";

const similarities: Record<string, PairFunction> = { cos_sim: cosineSimilarities, dot_score: dotProducts };
const directionNames = {
  query_to_doc: "queryToDocument",
  query_to_query: "queryToQuery",
  doc_to_query: "documentToQuery",
  doc_to_doc: "documentToDocument",
} as const;
const hardnessNames = { in_batch_negatives: "inBatch", hard_negatives: "own", all_negatives: "all" } as const;

interface Options {
  scale?: number;
  similarity_fct?: string;
  directions?: (keyof typeof directionNames)[];
  partition_mode?: "joint" | "per_direction";
  hardness_mode?: keyof typeof hardnessNames;
  hardness_strength?: number;
}

const said =
  (symmetric: boolean) =>
  (golden: LossCase, around: Around = bare) => {
    const { scale, similarity_fct = "cos_sim", directions, partition_mode, ...rest } = golden.options as Options;
    if (!similarities[similarity_fct]) throw new Uncovered(`similarity ${similarity_fct}`);
    const loss = multipleNegativesRanking({
      scale,
      similarities: similarities[similarity_fct],
      symmetric,
      directions: directions?.map((name) => directionNames[name]),
      ...(partition_mode && { partition: partition_mode === "joint" ? "joint" : "perDirection" }),
      ...(rest.hardness_mode && { hardness: hardnessNames[rest.hardness_mode], hardnessStrength: rest.hardness_strength ?? 0 }),
    });
    return columnsCase(golden, (queries, ...documents) => lossNumber(around(loss), rankingBatch(queries!, documents)));
  };

const symmetric = ["scale", "similarity_fct"];
const options = [...symmetric, "directions", "partition_mode", "hardness_mode", "hardness_strength"];

export const mapping: LossMapping = {
  MultipleNegativesRankingLoss: { options, say: said(false) },
  CachedMultipleNegativesRankingLoss: { options: [...options, "mini_batch_size"], say: said(false) },
  MultipleNegativesSymmetricRankingLoss: { options: symmetric, say: said(true) },
  CachedMultipleNegativesSymmetricRankingLoss: { options: [...symmetric, "mini_batch_size"], say: said(true) },
};
