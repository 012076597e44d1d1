import type { RelationLoss } from "@quaterion/core/training";
import { liftedStructure, type PairFunction } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { LossCase } from "../golden-case.js";
import { lossNumber } from "../loss-number.js";
import type { LossMapping, SaidLoss } from "../mapping.js";
import { labelRelation, pairMasks } from "../pair-masks.js";
import { distanceMargin, pairDistances } from "./common/pair-distances.js";
import { reducerOf } from "./common/reducer.js";
import { relationCase } from "./common/relation-case.js";

export const mapping: LossMapping = {
  LiftedStructureLoss: {
    options: ["neg_margin", "pos_margin", "distance", "reducer"],
    say: (golden) => {
      const { neg_margin = 1, pos_margin = 0 } = golden.options as { neg_margin?: number; pos_margin?: number };
      const made = (distances: PairFunction) =>
        liftedStructure({
          negativeMargin: distanceMargin(golden.distance!, neg_margin),
          positiveMargin: distanceMargin(golden.distance!, pos_margin),
          distances,
          reducer: reducerOf(golden.reducer!),
        });
      const distances = pairDistances(golden.distance!);
      return golden.inputs.ref_emb ? ofMistakenRows(golden, made, distances) : relationCase(golden, made(distances));
    },
  },
};

/**
 * Against reference rows the peer looks for the dissimilar samples of positive j by comparing j, a number of a reference row, with the numbers of
 * the batch's rows: it takes those of row j of the batch, and of the anchor alone where that is row j.
 */
function ofMistakenRows(golden: LossCase, made: (distances: PairFunction) => RelationLoss, distances: PairFunction): SaidLoss {
  const { embeddings, labels, ref_emb, ref_labels } = golden.inputs;
  const others = ref_labels ?? labels;
  const count = others.length;
  const positives = labels.map((label) => others.filter((other) => other === label).length);
  return {
    inputs: [
      { values: embeddings, gradient: golden.grads["embeddings"]! },
      { values: ref_emb!, gradient: golden.grads["ref_emb"]! },
    ],
    value: (rows, references) => {
      const [batch, candidates] = [rows as tf.Tensor2D, references as tf.Tensor2D];
      // The candidates come twice: those near, as the anchor sees them, and those out of its sight, as positive j sees them.
      const seen: PairFunction = (a, c) => {
        const side =
          a === c
            ? tf.pad(tf.slice(batch, [0, 0], [count, -1]), [
                [0, count],
                [0, 0],
              ])
            : a;
        const near = distances(side as tf.Tensor2D, candidates);
        return tf.concat(a === c ? [tf.add(near, 1e4), near] : [near, tf.add(near, 1e4)], 1) as tf.Tensor2D;
      };
      const ofAnchor = (anchor: number) =>
        lossNumber(made(seen), {
          anchors: tf.slice(batch, [anchor, 0], [1, -1]),
          candidates: tf.concat([candidates, candidates], 0) as tf.Tensor2D,
          ...pairMasks(1, 2 * count, (_, j) => (j < count ? labelRelation(labels[anchor]!, others[j]!) : -1)),
          amongCandidates: pairMasks(2 * count, 2 * count, (j, l) =>
            j < count && l >= count && j !== anchor ? labelRelation(labels[j]!, others[l - count]!) : 0,
          ),
        });
      const sums = labels.map((_, anchor) => tf.mul<tf.Scalar>(positives[anchor]!, ofAnchor(anchor)));
      return tf.div(
        tf.addN(sums),
        positives.reduce((a, b) => a + b),
      ) as tf.Scalar;
    },
    differs: "with ref_emb the peer takes a positive's negatives from the batch's row of the same number, which is another sample",
  };
}
