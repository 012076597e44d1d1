import type { PairMasks } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import type { HostRelations } from "./batch-inputs.js";

/** Relations of pairs as a tensor of 1, −1 and 0, `[rows, columns]`. */
export function relationTensor(relations: HostRelations, rows: number): tf.Tensor2D {
  return tf.tensor2d(new Float32Array(relations), [rows, relations.length / rows]);
}

/** The 0/1 masks of relations. Made where the loss is, so that a step is fed one number a pair, not two. */
export function pairMasks(relations: tf.Tensor2D): PairMasks {
  return { similar: tf.relu(relations), dissimilar: tf.relu(tf.sub(0, relations)) };
}
