import { Random } from "@quaterion/core";
import type { PairMasks, RelationBatch, RelationLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { tensorsOf } from "./tensors-of.js";

/** Which masks beside the main ones a loss looks at. */
export interface MaskNeeds {
  readonly amongAnchors: boolean;
  readonly amongCandidates: boolean;
}

/** Sides of the batch that a loss is asked with. */
const [anchors, candidates] = [4, 6];

/**
 * Asks a relation loss, on a small batch, which masks within the sides it reads: they are as large as candidates × candidates, so that nobody makes them in vain.
 * @param dim of the embeddings
 */
export function maskNeeds(loss: RelationLoss, dim: number): MaskNeeds {
  const needs = { amongAnchors: false, amongCandidates: false };
  tf.tidy(() => {
    const unit = (rows: number) =>
      tf.tensor2d(
        Float32Array.from({ length: rows * dim }, (_, i) => Math.sin(i + rows)),
        [rows, dim],
      );
    const masks = (height: number, width: number): PairMasks => {
      const similar = tf.tensor2d(
        Float32Array.from({ length: height * width }, (_, i) => Number(i % 3 === 0)),
        [height, width],
      );
      return { similar, dissimilar: tf.sub(1, similar) };
    };
    const guide = { anchors: unit(anchors), candidates: unit(candidates) };
    const batch = { anchors: unit(anchors), candidates: unit(candidates), ...masks(anchors, candidates), guide };
    Object.assign(batch, { ownNegatives: tf.zeros([anchors, candidates]) });
    for (const [field, size] of [
      ["amongAnchors", anchors],
      ["amongCandidates", candidates],
    ] as const) {
      Object.defineProperty(batch, field, {
        enumerable: true,
        get() {
          needs[field] = true;
          return masks(size, size);
        },
      });
    }
    const parameters = tensorsOf(loss.parameters?.({ dim, classes: 0 }, new Random(0)) ?? {});
    loss.compute(batch as RelationBatch, parameters);
    for (const source of loss.ofParts ?? []) loss.compute(Object.assign(batch, { source }) as RelationBatch, parameters);
  });
  return needs;
}
