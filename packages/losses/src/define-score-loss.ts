import { InvalidArgumentError } from "@quaterion/core";
import type { LossParameters, LossTerms, PairKnowledge, ScoreBatch, ScoreBatchWith, ScoreLoss } from "@quaterion/core/training";
import { declaredLoss, demandTensors, type LossDefinition, learnedBy } from "./loss-definition.js";
import { type LossOptions, weighted } from "./loss-options.js";

/** A loss on given pairs, as its author writes it. */
export interface ScoreLossDefinition<Options extends object, Parameters extends LossParameters, Needs extends PairKnowledge>
  extends LossDefinition<Options, Parameters> {
  /** What must be known of the pairs; `["scores"]`. `compute` then finds it in its batch. */
  readonly needs?: readonly Needs[];
  /** How many partners a row must have beside its first one; 0. */
  readonly leastOthers?: number;
  /** Terms, the first axis the pairs, and which of them count; any axis where the loss needs whole batches, which then sees to the pairs' weights itself. Called inside `tf.tidy`. */
  compute(batch: ScoreBatchWith<Needs>, options: Readonly<Options>, parameters: Parameters): LossTerms;
}

const words: Readonly<Record<PairKnowledge, string>> = {
  scores: "a graded similarity of each pair",
  teacherScores: "a teacher's scores of the pairs",
  teacher: "a teacher's vectors of the pairs",
  classes: "a class of each pair",
};

/**
 * Makes the factory of a loss on given pairs: `(options?) => ScoreLoss`. Every loss also takes the option `reducer`.
 * @throws {InvalidArgumentError} (the factory) for an unknown option, with those that there are, and for what an option's check rejects; (a step) when
 * the batch lacks what the loss needs
 */
export function defineScoreLoss<
  Options extends object,
  Parameters extends LossParameters = LossParameters,
  Needs extends PairKnowledge = "scores",
>(definition: ScoreLossDefinition<Options, Parameters, Needs>): (options?: LossOptions<Options>) => ScoreLoss<Parameters, Needs> {
  const { name, needs = ["scores"], leastOthers = 0 } = definition;
  return (given) => {
    const [facts, options, formulaNeedsWhole] = declaredLoss(definition, given);
    return {
      ...facts,
      reads: "scores",
      needs,
      leastOthers,
      memory: false,
      compute(batch, parameters) {
        demandTensors(name, batch, ["first", "second"]);
        demandKnown(name, batch, needs, leastOthers);
        const result = definition.compute(batch, options, learnedBy(definition, options, parameters));
        return formulaNeedsWhole ? result : weighted(result, batch.weights);
      },
    };
  };
}

function demandKnown(name: string, batch: ScoreBatch, needs: readonly PairKnowledge[], leastOthers: number): void {
  const missing = needs.find((field) => batch[field] === undefined);
  if (missing) throw new InvalidArgumentError(`\`${name}\` needs ${words[missing]}; the batch has no \`${missing}\`.`);
  const others = batch.others?.length ?? 0;
  const scored = needs.includes("teacherScores") ? batch.teacherScores!.shape[1] : 1 + others;
  if (scored !== 1 + others) {
    throw new InvalidArgumentError(
      `\`${name}\` needs teacher's scores of ${1 + others} partners for each row, as many as there are; received ${scored} in \`teacherScores\`.`,
    );
  }
  if (others >= leastOthers) return;
  throw new InvalidArgumentError(
    `\`${name}\` needs ${leastOthers} or more partners beside the first of each row (negatives); the batch has ${others} in \`others\`.`,
  );
}
