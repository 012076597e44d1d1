import type { RelationBatch } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { pairMasks } from "../../pair-masks.js";

/**
 * Queries, each with its positive and maybe hard negatives of its own: column k of documents, row i, belongs to query i. All documents of other
 * queries are dissimilar to it; of documents of one query nothing is said.
 */
export function rankingBatch(
  queries: tf.Tensor2D,
  documents: readonly tf.Tensor2D[],
): RelationBatch & Required<Pick<RelationBatch, "ownNegatives">> {
  const batch = queries.shape[0];
  const all = batch * documents.length;
  return {
    anchors: queries,
    candidates: tf.concat([...documents], 0),
    ...pairMasks(batch, all, (i, j) => (i === j ? 1 : -1)),
    amongAnchors: pairMasks(batch, batch, (i, j) => (i === j ? 0 : -1)),
    amongCandidates: pairMasks(all, all, (i, j) => (i % batch === j % batch ? 0 : -1)),
    ownNegatives: pairMasks(batch, all, (i, j) => (j >= batch && j % batch === i ? 1 : 0)).similar,
  };
}
