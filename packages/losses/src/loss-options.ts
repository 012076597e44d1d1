import { type Check, checkFewOptions, type Json } from "@quaterion/core";
import type { LossTerms, Reducer } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { mean } from "./mean.js";
import { reducerValue } from "./reducer-value.js";

/** A check for each option. */
export type LossChecks<Options> = { readonly [Name in keyof Options]: Check<Options[Name]> };

/** What the factory of a loss takes: its own options, and how the terms become a number. */
export type LossOptions<Options> = { readonly [Name in keyof Options]?: Options[Name] } & { readonly reducer?: Reducer };

/** Checks what a user gave and fills in the defaults; the reducer is taken out. */
export function resolveOptions<Options extends object>(
  definition: {
    readonly name: string;
    readonly defaults: Options;
    readonly check: LossChecks<Options>;
    readonly reducer?: Reducer;
    checkTogether?(options: Readonly<Options>): void;
  },
  given: LossOptions<Options> = {},
): { options: Options; reducer: Reducer } {
  const { name, defaults, check, reducer } = definition;
  checkFewOptions(name, given, { ...check, reducer: reducerValue });
  const options = { ...defaults };
  for (const each in check) options[each] = (given[each] as Options[typeof each] | undefined) ?? defaults[each];
  definition.checkTogether?.(options);
  return { options, reducer: given.reducer ?? reducer ?? mean() };
}

/** Lets each anchor count as often as its weight says: an anchor of weight 2 counts as two such anchors would. */
export function weighted(result: LossTerms, weights: tf.Tensor1D | undefined): LossTerms {
  if (weights === undefined) return result;
  const { terms, counted = tf.ones(terms.shape) } = result;
  return { ...result, counted: tf.mul(tf.reshape(weights, [-1, ...terms.shape.slice(1).map(() => 1)]), counted) };
}

/** Options as JSON: numbers, texts, truth values and lists of them as they are, miners and the like by their names. */
export function configOf(options: object): Json {
  return Object.fromEntries(Object.entries(options).map(([name, value]): [string, Json] => [name, value?.name ?? value]));
}
