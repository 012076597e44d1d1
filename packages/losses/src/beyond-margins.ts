import type { LossTerms, PairMasks } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";

/**
 * How far each known pair lies on the wrong side of its margin, `[batch, candidates]`, below 0 on the right side: d − positiveMargin of similar,
 * negativeMargin − d of dissimilar pairs; 0 of unknown ones. One array of both kinds, which are never both: half the passes that two arrays take.
 * With it, what counts of a loss that has a term for each known pair, and of which kind it is.
 * @param positiveMargin 0 costs two passes less
 */
export function beyondMargins(
  d: tf.Tensor2D,
  { similar, dissimilar }: PairMasks,
  positiveMargin: number | tf.Tensor,
  negativeMargin: number | tf.Tensor,
): { readonly beyond: tf.Tensor2D } & Required<Pick<LossTerms, "counted" | "kinds">> {
  const border = tf.mul(negativeMargin, dissimilar);
  const borders = positiveMargin === 0 ? border : tf.sub(border, tf.mul(positiveMargin, similar));
  return {
    beyond: tf.add(tf.mul(tf.sub(similar, dissimilar), d), borders),
    counted: tf.add(similar, dissimilar),
    kinds: [similar, dissimilar],
  };
}
