import { checkFewOptions, type Json, Random, reject } from "@quaterion/core";
import type { InitialTensor, LossParameters, Reducer } from "@quaterion/core/training";
import type { LossChecks, LossOptions } from "./loss-options.js";
import { mean } from "./mean.js";
import { reducerValue } from "./reducer-value.js";

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
  parameters?(sizes: Sizes, random: Random, options: Readonly<Options>): { readonly [Name in keyof Parameters]: InitialTensor };
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
  const { name, defaults, check } = definition;
  checkFewOptions(name, given, { ...check, reducer: reducerValue });
  const options = {} as Options;
  // As it is kept as JSON: miners and the like by their names.
  const config: Record<string, Json> = {};
  for (const each in check) {
    const value = (given?.[each] as { name?: string } | undefined) ?? (defaults[each] as { name?: string } | undefined);
    options[each] = value as Options[typeof each];
    config[each] = value?.name ?? (value as Json);
  }
  definition.checkTogether?.(options);
  const reducer = given?.reducer ?? definition.reducer ?? mean();
  const formulaNeedsWhole = !!forOptions(definition.wholeBatch, options);
  const facts = {
    contract: 1,
    name,
    config,
    wholeBatch: formulaNeedsWhole || !!reducer.wholeBatch,
    reducer,
    parameters: definition.parameters && ((sizes: Sizes, random: Random) => definition.parameters!(sizes, random, options)),
  } as const;
  return [facts, options, formulaNeedsWhole] as const;
}

/** What a definition says once for all options, or for each. */
export function forOptions<Options, Said>(said: Said | ((options: Options) => Said), options: Options): Said {
  return said instanceof Function ? said(options) : said;
}

interface Sizes {
  readonly dim: number;
  readonly classes: number;
}

/** Refuses a batch without the tensors that it must have: authors call `compute` in their tests. */
export function demandTensors(name: string, batch: unknown, tensors: readonly string[]): void {
  for (const tensor of tensors) {
    const value = (batch as Readonly<Record<string, unknown>> | undefined)?.[tensor];
    if (!value) reject(`${name}.compute ${tensor}`, "a tensor", value);
  }
}

/**
 * What a loss learns, by name, as it is given to `compute`: authors call that in their tests. A tensor that the loss declares and that is not there is
 * refused when it is read.
 */
export function learnedBy<Options extends object, Parameters extends LossParameters>(
  { name, parameters }: LossDefinition<Options, Parameters>,
  options: Options,
  given: Parameters,
): Parameters {
  const declared = (each: string) => Object.hasOwn(parameters?.({ dim: 1, classes: 1 }, new Random(0), options) ?? {}, each);
  return new Proxy(Object(given) as Parameters, {
    get(all, each: string) {
      if (all[each] === undefined && declared(each)) rejectLearned(name, each);
      return all[each];
    },
  });
}

/** Throws the error of a tensor that a loss learns and that `compute` was not given. */
export function rejectLearned(name: string, parameter: string): never {
  reject(`${name}.compute parameters.${parameter}`, "a tensor, as the loss learns it", undefined);
}
