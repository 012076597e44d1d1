import { InvalidArgumentError, type Random } from "@quaterion/core";
import type {
  InitialTensor,
  LossParameters,
  LossTerms,
  PairKnowledge,
  Reducer,
  ScoreBatch,
  ScoreBatchWith,
  ScoreLoss,
} from "@quaterion/core/training";
import { configOf, type LossChecks, type LossOptions, resolveOptions, weighted } from "./loss-options.js";

/** A loss on given pairs, as its author writes it. */
export interface ScoreLossDefinition<Options extends object, Parameters extends LossParameters, Needs extends PairKnowledge> {
  /** The factory's name, as messages show it. */
  readonly name: string;
  /** The default of every option. */
  readonly defaults: Options;
  /** A check of every option. */
  readonly check: LossChecks<Options>;
  /** Throws where options that are right one by one do not go together. */
  checkTogether?(options: Readonly<Options>): void;
  /** What must be known of the pairs; `["scores"]`. `compute` then finds it in its batch. */
  readonly needs?: readonly Needs[];
  /** How many partners a row must have beside its first one; 0. */
  readonly leastOthers?: number;
  /** Say true where the loss is not a sum over pairs. It must then see to the pairs' weights itself. */
  readonly wholeBatch?: boolean;
  /** How terms become a number unless the user says otherwise; `mean()`. */
  readonly reducer?: Reducer;
  /** First values of what the loss learns. */
  parameters?(
    sizes: { readonly dim: number; readonly classes: number },
    random: Random,
    options: Readonly<Options>,
  ): { readonly [Name in keyof Parameters]: InitialTensor };
  /** Terms, the first axis the pairs (any, where the loss needs whole batches), and which of them count. Called inside `tf.tidy`. */
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
 * @throws {InvalidArgumentError} (the factory) for an unknown option, with the nearest name, and for what an option's check rejects; (a step) when
 * the batch lacks what the loss needs
 */
export function defineScoreLoss<
  Options extends object,
  Parameters extends LossParameters = LossParameters,
  Needs extends PairKnowledge = "scores",
>(definition: ScoreLossDefinition<Options, Parameters, Needs>): (options?: LossOptions<Options>) => ScoreLoss<Parameters, Needs> {
  const { name, needs = ["scores"], leastOthers = 0 } = definition;
  return (given) => {
    const { options, reducer } = resolveOptions(definition, given);
    const wholeBatch = definition.wholeBatch === true || ("wholeBatch" in reducer && reducer.wholeBatch === true);
    return {
      contract: 1,
      reads: "scores",
      name,
      needs,
      leastOthers,
      config: configOf(options),
      memory: false,
      wholeBatch,
      reducer,
      ...(definition.parameters && { parameters: (sizes, random) => definition.parameters!(sizes, random, options) }),
      compute(batch, parameters) {
        demandKnown(name, batch, needs, leastOthers);
        const result = definition.compute(batch, options, parameters);
        return definition.wholeBatch === true ? result : weighted(result, batch.weights);
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
