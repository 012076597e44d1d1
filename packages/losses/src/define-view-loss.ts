import { InvalidArgumentError, type Random } from "@quaterion/core";
import type { InitialTensor, LossParameters, LossTerms, Reducer, ViewBatch, ViewLoss } from "@quaterion/core/training";
import { configOf, type LossChecks, type LossOptions, resolveOptions } from "./loss-options.js";

/** A loss on views of the same records, as its author writes it. */
export interface ViewLossDefinition<Options extends object, Parameters extends LossParameters> {
  /** The factory's name, as messages show it. */
  readonly name: string;
  /** The default of every option. */
  readonly defaults: Options;
  /** A check of every option. */
  readonly check: LossChecks<Options>;
  /** Say true where the loss is not a sum over records, for some options or for all: where one record is held against the others. */
  readonly wholeBatch?: boolean | ((options: Readonly<Options>) => boolean);
  /** How terms become a number unless the user says otherwise; `mean()`. */
  readonly reducer?: Reducer;
  /** First values of what the loss learns. */
  parameters?(
    sizes: { readonly dim: number; readonly classes: number },
    random: Random,
    options: Readonly<Options>,
  ): { readonly [Name in keyof Parameters]: InitialTensor };
  /** Terms, the first axis the records (any, where the loss needs whole batches). Two or more views, each `[batch, dim]`. Called inside `tf.tidy`. */
  compute(batch: ViewBatch, options: Readonly<Options>, parameters: Parameters): LossTerms;
}

/**
 * Makes the factory of a view loss: `(options?) => ViewLoss`. Every loss also takes the option `reducer`.
 * @throws {InvalidArgumentError} (the factory) for an unknown option, with the nearest name, and for what an option's check rejects; (the loss) for
 * fewer than two views
 */
export function defineViewLoss<Options extends object, Parameters extends LossParameters = LossParameters>(
  definition: ViewLossDefinition<Options, Parameters>,
): (options?: LossOptions<Options>) => ViewLoss<Parameters> {
  return (given) => {
    const { options, reducer } = resolveOptions(definition, given);
    const declared = typeof definition.wholeBatch === "function" ? definition.wholeBatch(options) : (definition.wholeBatch ?? false);
    return {
      contract: 1,
      reads: "views",
      name: definition.name,
      config: configOf(options),
      memory: false,
      wholeBatch: declared || ("wholeBatch" in reducer && reducer.wholeBatch === true),
      reducer,
      ...(definition.parameters && { parameters: (sizes, random) => definition.parameters!(sizes, random, options) }),
      compute(batch, parameters) {
        if (batch.views.length < 2) {
          throw new InvalidArgumentError(`\`${definition.name}\` needs two or more views of each record; received ${batch.views.length}.`);
        }
        return definition.compute(batch, options, parameters);
      },
    };
  };
}
