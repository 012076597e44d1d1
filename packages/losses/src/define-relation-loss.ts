import type { Random } from "@quaterion/core";
import type {
  InitialTensor,
  LossParameters,
  LossTerms,
  Reducer,
  RelationBatch,
  RelationKnowledge,
  RelationLoss,
} from "@quaterion/core/training";
import { configOf, type LossChecks, type LossOptions, resolveOptions, weighted } from "./loss-options.js";
import { needsWholeBatch } from "./whole-batch-reducer.js";

/** A loss on pairs whose relation is known, as its author writes it. */
export interface RelationLossDefinition<Options extends object, Parameters extends LossParameters> {
  /** The factory's name, as messages show it. */
  readonly name: string;
  /** The default of every option. */
  readonly defaults: Options;
  /** A check of every option: `positiveFiniteNumber`, `oneOf(…)`, … of `@quaterion/core`, or a function of your own that throws. */
  readonly check: LossChecks<Options>;
  /** Throws where options that are right one by one do not go together. */
  checkTogether?(options: Readonly<Options>): void;
  /** May candidates come from earlier batches? Yes unless said otherwise, or the loss needs whole batches. */
  readonly memory?: boolean;
  /** Say true where the loss is not a sum over anchors, for some options or for all. */
  readonly wholeBatch?: boolean | ((options: Readonly<Options>) => boolean);
  /** What it must know beside the two masks, for some options or for all; nothing where absent. */
  readonly needs?: readonly RelationKnowledge[] | ((options: Readonly<Options>) => readonly RelationKnowledge[]);
  /** How terms become a number unless the user says otherwise; `mean()`. */
  readonly reducer?: Reducer;
  /** First values of what the loss learns. */
  parameters?(
    sizes: { readonly dim: number; readonly classes: number },
    random: Random,
    options: Readonly<Options>,
  ): { readonly [Name in keyof Parameters]: InitialTensor };
  /**
   * Terms, the first axis the anchors, and which of them count. Called inside `tf.tidy`. Shapes follow from the batch's shapes alone. Weights of
   * anchors are applied to what it returns.
   */
  compute(batch: RelationBatch, options: Readonly<Options>, parameters: Parameters): LossTerms;
}

/**
 * Makes the factory of a relation loss: `(options?) => RelationLoss`. Every loss also takes the option `reducer`.
 * @throws {InvalidArgumentError} (the factory) for an unknown option, with the nearest name, and for what an option's check rejects
 */
export function defineRelationLoss<Options extends object, Parameters extends LossParameters = LossParameters>(
  definition: RelationLossDefinition<Options, Parameters>,
): (options?: LossOptions<Options>) => RelationLoss<Parameters> {
  return (given) => {
    const { options, reducer } = resolveOptions(definition, given);
    const declared = typeof definition.wholeBatch === "function" ? definition.wholeBatch(options) : (definition.wholeBatch ?? false);
    const wholeBatch = declared || needsWholeBatch(reducer);
    const needs = typeof definition.needs === "function" ? definition.needs(options) : definition.needs;
    return {
      contract: 1,
      reads: "relations",
      name: definition.name,
      ...(needs && needs.length > 0 && { needs }),
      config: configOf(options),
      memory: !wholeBatch && (definition.memory ?? true),
      wholeBatch,
      reducer,
      ...(definition.parameters && { parameters: (sizes, random) => definition.parameters!(sizes, random, options) }),
      compute: (batch, parameters) => weighted(definition.compute(batch, options, parameters), batch.weights),
    };
  };
}
