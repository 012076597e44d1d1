import type { PairMasks } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { candidateBlocks } from "./candidate-blocks.js";
import type { Miner } from "./miner.js";

/** What a miner is told of the rows beside their distances. */
export interface MinedRows {
  /** Width of the embeddings. */
  readonly dim: number;
  /** Distances among candidates, `[candidates, candidates]`, for a miner that needs them. */
  readonly across?: tf.Tensor2D;
}

/**
 * The pairs that a miner keeps, for a loss that knows pairs only: a pair stays that is part of a triplet that stays.
 * The triplets are gone through in blocks of positives: memory is batch · candidates · max(candidates / 64, 4·10⁶ / (batch · candidates)).
 * @param distances `[batch, candidates]`, lower is nearer; a constant
 */
export function minedPairs(
  miner: Miner,
  distances: tf.Tensor2D,
  masks: PairMasks,
  { dim, across }: MinedRows,
  blocks = candidateBlocks(distances.shape[1], distances.size),
): PairMasks {
  const { similar, dissimilar } = miner.pairs(distances, masks);
  if (!miner.triplets) return { similar, dissimilar };
  const toNegatives: tf.Tensor3D = tf.expandDims(distances, 1);
  const parts = blocks.map(({ start, size }) => {
    const toPositives: tf.Tensor3D = tf.expandDims(tf.slice(distances, [0, start], [-1, size]), 2);
    const allowed: tf.Tensor3D = tf.mul(tf.expandDims(tf.slice(similar, [0, start], [-1, size]), 2), tf.expandDims(dissimilar, 1));
    const rows: tf.Tensor3D | undefined = across && tf.expandDims(tf.slice(across, [start, 0], [size, -1]), 0);
    const kept = miner.triplets!(tf.sub(toNegatives, toPositives), allowed, { toPositives, toNegatives, across: rows, dim });
    return { positives: tf.max<tf.Tensor2D>(kept, 2), negatives: tf.max<tf.Tensor2D>(kept, 1) };
  });
  const negatives = parts.map((part) => part.negatives).reduce((a, b) => tf.maximum(a, b));
  const positives = tf.concat(
    parts.map((part) => part.positives),
    1,
  );
  const isKept = (mask: tf.Tensor2D): tf.Tensor2D => tf.cast(tf.greater(mask, 0), "float32");
  return { similar: isKept(positives), dissimilar: isKept(negatives) };
}
