import type {
  ClassBatch,
  ClassLoss,
  LossParameters,
  LossTerms,
  PairKnowledge,
  Reducer,
  RelationBatch,
  RelationLoss,
  ScoreBatchWith,
  ScoreLoss,
  ViewBatch,
  ViewLoss,
} from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";

/** The ratios of a loss's terms under its reducer; the mean of what counts where it has none. */
export function lossRatios({ terms, counted = tf.ones(terms.shape), kinds }: LossTerms, reducer: Reducer | undefined) {
  return reducer
    ? reducer.reduce(terms, counted, kinds)
    : [{ total: tf.sum<tf.Scalar>(tf.mul(terms, counted)), count: tf.sum<tf.Scalar>(counted) }];
}

/** The sum of total / count, a ratio whose count is 0 being 0. */
export function sumOfRatios(ratios: readonly { readonly total: tf.Scalar; readonly count: tf.Scalar }[]): tf.Scalar {
  // A count is 0 or at least a weight; the maximum keeps 0 / 0 out of value and gradient.
  const parts = ratios.map(({ total, count }) => tf.div<tf.Scalar>(total, tf.maximum(count, 1e-12)));
  return parts.length === 0 ? tf.scalar(0) : (tf.addN(parts) as tf.Scalar);
}

/** A loss as one number, as `fit` makes it: terms, reduced to ratios, added. Call it inside `tf.tidy`, or dispose the result. */
export function lossValue<Parameters extends LossParameters>(
  loss: RelationLoss<Parameters>,
  batch: RelationBatch,
  parameters: Parameters,
): tf.Scalar;
export function lossValue<Parameters extends LossParameters>(
  loss: ClassLoss<Parameters>,
  batch: ClassBatch,
  parameters: Parameters,
): tf.Scalar;
export function lossValue<Parameters extends LossParameters>(
  loss: ViewLoss<Parameters>,
  batch: ViewBatch,
  parameters: Parameters,
): tf.Scalar;
export function lossValue<Parameters extends LossParameters, Needs extends PairKnowledge>(
  loss: ScoreLoss<Parameters, Needs>,
  batch: ScoreBatchWith<Needs>,
  parameters: Parameters,
): tf.Scalar;
export function lossValue(loss: RelationLoss | ClassLoss | ScoreLoss | ViewLoss, batch: object, parameters: LossParameters): tf.Scalar {
  return tf.tidy(() => sumOfRatios(lossRatios(loss.compute(batch as never, parameters), loss.reducer)));
}
