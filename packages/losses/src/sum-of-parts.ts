import type { Loss, LossRatio, LossTerms, Reducer } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";

/** Ratios by the names of the parts that they belong to. */
export type LossParts = Readonly<Record<string, readonly LossRatio[]>>;

/** A sum of parts as a loss before it is a number: `terms` are the totals of all ratios, `counted` their counts. For losses reduced by {@link partsReducer}. */
export function sumOfParts(parts: LossParts): LossTerms {
  const ratios = Object.values(parts).flat();
  return { terms: tf.stack(ratios.map(({ total }) => total)), counted: tf.stack(ratios.map(({ count }) => count)), parts };
}

/** Gives back the ratios that {@link sumOfParts} was made of: totals and counts add up over blocks of anchors wherever those of the parts do. */
export const partsReducer: Reducer = {
  name: "parts",
  reduce(terms, counted) {
    const counts = scalars(counted);
    return scalars(terms).map((total, i) => ({ total, count: counts[i]! }));
  },
};

/** TensorFlow.js has no gradient of `unstack` where there is one number only. */
function scalars(numbers: tf.Tensor): tf.Scalar[] {
  return numbers.size === 1 ? [tf.reshape(numbers, [])] : (tf.unstack(numbers) as tf.Scalar[]);
}

/** The parts of a loss's result, times `weight`: named `name`, or `name/part` where it has parts of its own. */
export function weightedParts({ reducer }: Pick<Loss, "reducer">, result: LossTerms, weight: number, name: string): LossParts {
  const times = (ratios: readonly LossRatio[]) =>
    weight === 1 ? ratios : ratios.map(({ total, count }) => ({ total: tf.mul<tf.Scalar>(weight, total), count }));
  if (result.parts) return Object.fromEntries(Object.entries(result.parts).map(([part, ratios]) => [`${name}/${part}`, times(ratios)]));
  const { terms, counted = tf.ones(terms.shape), kinds } = result;
  return { [name]: times(reducer?.reduce(terms, counted, kinds) ?? [{ total: tf.sum(tf.mul(terms, counted)), count: tf.sum(counted) }]) };
}
