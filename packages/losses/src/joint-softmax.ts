import * as tf from "@tensorflow/tfjs-core";

/** Against whom a pair must win, beside itself; logarithms of sums of exponentials, −1e9 where there is nobody. */
export interface Rivals {
  /** Rivals of each anchor, `[batch, 1]`. */
  readonly ofAnchors: tf.Tensor2D;
  /** Rivals of each candidate, `[1, candidates]`. */
  readonly ofCandidates?: tf.Tensor2D;
  /** How often the pair itself counts; 1. */
  readonly itself?: number;
}

/**
 * −log of each pair's share in one softmax over itself, its anchor's rivals and its candidate's rivals:
 * log(itself + exp(r_i − s_ij) + exp(r_j − s_ij)), `[batch, candidates]`. Exact for logits of any size.
 */
export function jointSoftmax(logits: tf.Tensor2D, { ofAnchors, ofCandidates, itself = 1 }: Rivals): tf.Tensor2D {
  const own = Math.log(itself);
  const withAnchor: tf.Tensor2D = tf.add(tf.softplus(tf.sub(tf.sub(ofAnchors, logits), own)), own); // log(itself + eˣ), 0 or more
  if (ofCandidates === undefined) return withAnchor;
  return tf.add(withAnchor, tf.softplus(tf.sub(tf.sub(ofCandidates, logits), withAnchor))); // log(eᵘ + eʸ) = u + log(1 + e^(y − u))
}
