import * as tf from "@tensorflow/tfjs-core";

/** The similar candidates of each anchor, gathered side by side. */
export interface SimilarSlots {
  /** The mask's number of what lies in a slot, 0 where a slot is empty, `[batch, slots]`. */
  readonly filled: tf.Tensor2D;
  /** Values of all candidates, `[batch, candidates]`, as they lie in the slots, `[batch, slots]`; anything in an empty slot. With a gradient. */
  take(values: tf.Tensor2D): tf.Tensor2D;
}

/**
 * Gathers the similar candidates of each anchor into `most` slots, in the order of the candidates, so that triplets need not be made of candidates that
 * are no positives: with `most` far below the number of candidates a cubic formula is nearly quadratic. Where `most` is not given, every candidate
 * has a slot of its own. What is taken for an anchor that has more similar candidates than slots is NaN: a wrong `mostSimilar` of a batch shows.
 * @param similar 0/1 (or weights), `[batch, candidates]`; a constant
 */
export function similarSlots(similar: tf.Tensor2D, most = similar.shape[1]): SimilarSlots {
  const candidates = similar.shape[1];
  if (most >= candidates) return { filled: similar, take: (values) => values };
  if (most === 1) return onlySlot(similar);
  const isSimilar: tf.Tensor2D = tf.cast(tf.greater(similar, 0), "float32");
  const oneOrNaN = oneWhere(tf.lessEqual(tf.sum(isSimilar, 1, true), most)); // [batch, 1]
  const places: tf.Tensor2D = tf.topk(isSimilar, most).indices; // equals keep their order
  const slots: tf.Tensor2D = tf.minimum(tf.cast(tf.cumsum(isSimilar, 1, true), "int32"), tf.scalar(most - 1, "int32")); // of what is similar
  const take = tf.customGrad<tf.Tensor2D>((values, save) => {
    // The constants are saved: the forward pass may dispose them before the gradient is asked for.
    (save as tf.GradSaveFunc)([isSimilar, slots]);
    return {
      value: tf.mul(tf.gather(values as tf.Tensor2D, places, 1, 1), oneOrNaN),
      gradFunc: (dy: tf.Tensor2D, [mask, slotOf]: tf.Tensor[]) => tf.mul(mask!, tf.gather(dy, slotOf as tf.Tensor2D, 1, 1)),
    };
  });
  return { filled: tf.gather(similar, places, 1, 1), take: (values) => take(values) };
}

/** One slot, for one similar candidate: a sum takes a tenth of the time of sorting and gathering. */
function onlySlot(similar: tf.Tensor2D): SimilarSlots {
  const filled = tf.sum<tf.Tensor2D>(similar, 1, true);
  const share = tf.div(oneWhere(tf.lessEqual(filled, 1)), tf.where(tf.equal(filled, 0), 1, filled)); // a weight leaves the value as it is
  return { filled, take: (values) => tf.mul(share, tf.sum(tf.mul(similar, values), 1, true)) };
}

/** 1 where it holds, NaN elsewhere. */
function oneWhere(holds: tf.Tensor): tf.Tensor {
  const one = tf.cast(holds, "float32");
  return tf.div(one, one);
}
