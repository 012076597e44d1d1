import type { Check } from "@quaterion/core";
import type { LossTerms, Reducer } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";

/** A check for each option. */
export type LossChecks<Options> = { readonly [Name in keyof Options]: Check<Options[Name]> };

/** What the factory of a loss takes: its own options, and how the terms become a number. */
export type LossOptions<Options> = { readonly [Name in keyof Options]?: Options[Name] } & { readonly reducer?: Reducer };

/** Lets each anchor count as often as its weight says: an anchor of weight 2 counts as two such anchors would. */
export function weighted(result: LossTerms, weights: tf.Tensor1D | undefined): LossTerms {
  if (!weights) return result;
  const { terms, counted = tf.onesLike(terms) } = result;
  const column = terms.shape.map((_, axis) => (axis ? 1 : -1));
  return { ...result, counted: tf.mul(tf.reshape(weights, column), counted) };
}
