import type { Random } from "@quaterion/core";
import type { ClassBatch, ClassLoss, InitialTensor, LossParameters, LossTerms, Reducer } from "@quaterion/core/training";
import { configOf, type LossChecks, type LossOptions, resolveOptions, weighted } from "./loss-options.js";
import { needsWholeBatch } from "./whole-batch-reducer.js";

/** A loss on classes, as its author writes it. */
export interface ClassLossDefinition<Options extends object, Parameters extends LossParameters> {
  /** The factory's name, as messages show it. */
  readonly name: string;
  /** The default of every option. */
  readonly defaults: Options;
  /** A check of every option. */
  readonly check: LossChecks<Options>;
  /** Say true where the loss is not a sum over rows. */
  readonly wholeBatch?: boolean;
  /** How terms become a number unless the user says otherwise; `mean()`. */
  readonly reducer?: Reducer;
  /** First values of what the loss learns, for one label space. */
  parameters(
    sizes: { readonly dim: number; readonly classes: number },
    random: Random,
    options: Readonly<Options>,
  ): { readonly [Name in keyof Parameters]: InitialTensor };
  /** Terms, the first axis the rows (any, where the loss needs whole batches), and which of them count. Called inside `tf.tidy`. */
  compute(batch: ClassBatch, options: Readonly<Options>, parameters: Parameters): LossTerms;
}

/**
 * Makes the factory of a class loss: `(options?) => ClassLoss`. Every loss also takes the option `reducer`. `fit` keeps one set of parameters
 * for each label space.
 * @throws {InvalidArgumentError} (the factory) for an unknown option, with the nearest name, and for what an option's check rejects
 */
export function defineClassLoss<Options extends object, Parameters extends LossParameters>(
  definition: ClassLossDefinition<Options, Parameters>,
): (options?: LossOptions<Options>) => ClassLoss<Parameters> {
  return (given) => {
    const { options, reducer } = resolveOptions(definition, given);
    const wholeBatch = definition.wholeBatch === true || needsWholeBatch(reducer);
    return {
      contract: 1,
      reads: "classes",
      name: definition.name,
      config: configOf(options),
      memory: false,
      wholeBatch,
      reducer,
      parameters: (sizes, random) => definition.parameters(sizes, random, options),
      compute(batch, parameters) {
        const result = definition.compute(batch, options, parameters);
        // Where the first axis is not the rows, the loss itself must see to their weights.
        return definition.wholeBatch === true ? result : weighted(result, batch.weights);
      },
    };
  };
}
