import type { LossParameters, PairKnowledge, ScoreBatch, ScoreBatchWith, ScoreLoss } from "@quaterion/core/training";
import { type PairedFunction, pairedCosines, pairedDotProducts } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { LossCase, Rows } from "../../golden-case.js";
import { lossNumber } from "../../loss-number.js";
import { type SaidLoss, Uncovered } from "../../mapping.js";
import { columnsCase } from "./columns-case.js";

/** A case of given pairs: first and second column, the others their further partners; and what is known of the pairs. */
export function pairsCase<Needs extends PairKnowledge>(
  golden: LossCase,
  loss: ScoreLoss<LossParameters, Needs>,
  known: () => Omit<ScoreBatch, "first" | "second" | "others">,
): SaidLoss {
  return columnsCase(golden, (first, second = first, ...others) =>
    lossNumber(loss, { first: first!, second: second!, others, ...known() } as unknown as ScoreBatchWith<Needs>),
  );
}

/** Labels as scores of the pairs. */
export const labelScores = ({ inputs: { labels } }: LossCase) => ({ scores: tf.tensor1d([...labels]) });

/** Labels as rows: one label a row is a row of one number. */
export function labelRows({ inputs: { labels } }: LossCase): Rows {
  return (labels as readonly (number | readonly number[])[]).map((label) => (typeof label === "number" ? [label] : label));
}

/** The likeness of rows that an option of the peer names. */
export function pairedSimilarities(name: unknown, usual: PairedFunction): PairedFunction {
  if (name === undefined) return usual;
  const likeness = { pairwise_cos_sim: pairedCosines, pairwise_dot_score: pairedDotProducts }[String(name)];
  if (!likeness) throw new Uncovered(`similarity ${String(name)}`);
  return likeness;
}
