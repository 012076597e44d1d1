import type { Head, StepContext } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";

/** Keeps the length of a zero vector above 0, so that it stays 0 with a finite gradient. */
const leastSquare = 1e-24;

/** Each row divided by its length: x / √max(Σ x², 10⁻²⁴). A zero row stays zero. @param vectors `[batch, dim]` */
export function unitRows(vectors: tf.Tensor2D): tf.Tensor2D {
  return tf.div(vectors, tf.sqrt(tf.maximum(tf.sum(tf.mul(vectors, vectors), 1, true), leastSquare)));
}

/** The head, then length 1 where asked for: what is trained, served and exported. @returns `[batch, dim]` */
export function embed(
  head: Head,
  vectors: tf.Tensor2D,
  weights: Readonly<Record<string, tf.Tensor>>,
  step: StepContext,
  normalize: boolean,
): tf.Tensor2D {
  const embeddings = head.apply(vectors, weights, step);
  return normalize ? unitRows(embeddings) : embeddings;
}
