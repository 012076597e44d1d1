import type { Random } from "@quaterion/core";
import type { InitialTensor, LossParameters, Reducer } from "@quaterion/core/training";
import { configOf, type LossChecks, type LossOptions, resolveOptions } from "./loss-options.js";
import { needsWholeBatch } from "./whole-batch-reducer.js";

/** What the author of a loss says of it, whatever kind of batch it reads. */
export interface LossDefinition<Options extends object, Parameters extends LossParameters> {
  /** The factory's name, as messages show it. */
  readonly name: string;
  /** The default of every option. */
  readonly defaults: Options;
  /** A check of every option: `positiveFiniteNumber`, `oneOf(…)`, … of `@quaterion/core`, or a function of your own that throws. */
  readonly check: LossChecks<Options>;
  /** Throws where options that are right one by one do not go together. */
  checkTogether?(options: Readonly<Options>): void;
  /** Say true where the loss is not a sum over the first axis of its batch (anchors, rows, pairs, records), for some options or for all. */
  readonly wholeBatch?: boolean | ((options: Readonly<Options>) => boolean);
  /** How terms become a number unless the user says otherwise; `mean()`. */
  readonly reducer?: Reducer;
  /** First values of what the loss learns. */
  parameters?(
    sizes: { readonly dim: number; readonly classes: number },
    random: Random,
    options: Readonly<Options>,
  ): { readonly [Name in keyof Parameters]: InitialTensor };
}

/**
 * What every kind of loss is made of: the options as checked and filled in, what it declares, and whether its own formula needs whole batches
 * (a reducer may need them too).
 * @throws {InvalidArgumentError} for an unknown option, with those that there are, and for what an option's check rejects
 */
export function declaredLoss<Options extends object, Parameters extends LossParameters>(
  definition: LossDefinition<Options, Parameters>,
  given: LossOptions<Options> | undefined,
) {
  const { options, reducer } = resolveOptions(definition, given);
  const { name, wholeBatch: declared, parameters } = definition;
  const formulaNeedsWhole = typeof declared === "function" ? declared(options) : (declared ?? false);
  const facts = {
    contract: 1,
    name,
    config: configOf(options),
    wholeBatch: formulaNeedsWhole || needsWholeBatch(reducer),
    reducer,
    ...(parameters && {
      parameters: (sizes: { readonly dim: number; readonly classes: number }, random: Random) =>
        definition.parameters!(sizes, random, options),
    }),
  } as const;
  return { options, facts, formulaNeedsWhole };
}
