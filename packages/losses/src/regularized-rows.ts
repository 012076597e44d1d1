import type { ClassBatch, RelationBatch, ScoreBatch, ViewBatch } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import type { Reads } from "./composed-loss.js";
import { identityMask } from "./identity-mask.js";
import type { RegularizerInput } from "./regularizer.js";

export type LossBatch = RelationBatch | ClassBatch | ScoreBatch | ViewBatch;

/** Rows, and whether they are those of the block of anchors that a loss is computed on, not the same for all blocks. */
type RegularizedRows = RegularizerInput & { readonly ofBlock: boolean };

/** How many anchors, rows, pairs or records a batch has. */
export function rowsOfBatch(reads: Reads, batch: LossBatch): number {
  return regularizedRows(reads, batch)[0]!.rows.shape[0];
}

/** The embeddings of a batch, one set for each side, and which of them are known to be of different things. */
export function regularizedRows(reads: Reads, batch: LossBatch): RegularizedRows[] {
  const all = (rows: tf.Tensor2D): RegularizedRows => ({
    rows,
    apart: () => tf.sub(1, identityMask(rows.shape[0])),
    ofBlock: true,
  });
  const told = (rows: tf.Tensor2D, dissimilar: tf.Tensor2D | undefined): RegularizedRows =>
    dissimilar ? { ...all(rows), apart: () => dissimilar } : all(rows);
  switch (reads) {
    case "relations": {
      const { anchors, candidates, dissimilar, amongAnchors, amongCandidates } = batch as RelationBatch;
      if (candidates === anchors) return [told(anchors, dissimilar)];
      return [told(anchors, amongAnchors?.dissimilar), { ...told(candidates, amongCandidates?.dissimilar), ofBlock: false }];
    }
    case "classes": {
      const { embeddings, classes } = batch as ClassBatch;
      return [{ ...all(embeddings), apart: () => ofOtherClasses(classes) }];
    }
    case "scores": {
      const { first, second, others = [] } = batch as ScoreBatch;
      return [first, second, ...others].map(all);
    }
    case "views":
      return (batch as ViewBatch).views.map(all);
  }
}

/** 1 for two rows of different classes, `[batch, batch]`; a row without a class is not known to differ from any. */
function ofOtherClasses(classes: tf.Tensor1D): tf.Tensor2D {
  const known = tf.cast(tf.greaterEqual(classes, 0), "float32");
  const other = tf.cast(tf.notEqual(tf.expandDims(classes, 1), classes), "float32");
  return tf.mul(other, tf.mul(tf.expandDims(known, 1), known));
}
