import { marginMSE, pairedDotProducts } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { LossMapping } from "../mapping.js";
import { labelRows, pairedSimilarities, pairsCase } from "./common/pairs-case.js";

export const mapping: LossMapping = {
  MarginMSELoss: {
    options: ["similarity_fct"],
    say: (golden) => {
      const loss = marginMSE({ similarities: pairedSimilarities(golden.options["similarity_fct"], pairedDotProducts) });
      const partners = golden.inputs.columns.length - 1;
      // Labels are the teacher's scores of all partners, or the leads of the first one: then 0 and the leads turned round.
      const scores = labelRows(golden).map((row) => (row.length === partners ? [...row] : [0, ...row.map((lead) => -lead)]));
      return pairsCase(golden, loss, () => ({ teacherScores: tf.tensor2d(scores) }));
    },
  },
};
