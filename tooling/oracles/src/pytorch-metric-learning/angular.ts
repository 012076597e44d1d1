import { angular, unitVectors } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import { lossNumber } from "../loss-number.js";
import type { LossMapping } from "../mapping.js";
import { labelRelation, pairMasks } from "../pair-masks.js";
import { reducerOf } from "./common/reducer.js";

/**
 * The peer scales a and p to length 1, but not n, for which the paper's formula holds as little: with n longer, a term grows without its angle.
 * Said with candidates twice: at length 1, which may be similar, and as they are, which may be dissimilar.
 */
export const mapping: LossMapping = {
  AngularLoss: {
    options: ["alpha", "reducer"],
    say: (golden) => {
      const { alpha = 40 } = golden.options as { alpha?: number }; // in degrees
      const loss = angular({ angle: (alpha * Math.PI) / 180, normalize: false, reducer: reducerOf(golden.reducer!) });
      const { embeddings, labels, ref_emb, ref_labels } = golden.inputs;
      const others = ref_emb ? (ref_labels ?? labels) : labels;
      const count = others.length;
      const isSelf = (i: number, j: number) => !ref_emb && i === j;
      const relation = (i: number, j: number) => {
        const known = labelRelation(labels[i]!, others[j % count]!);
        return known === (j < count ? 1 : -1) && !isSelf(i, j) ? known : 0;
      };
      return {
        inputs: [
          { values: embeddings, gradient: golden.grads["embeddings"]! },
          ...(ref_emb ? [{ values: ref_emb, gradient: golden.grads["ref_emb"]! }] : []),
        ],
        value: (rows, references = rows) => {
          const raw = references as tf.Tensor2D;
          return lossNumber(loss, {
            anchors: unitVectors(rows as tf.Tensor2D),
            candidates: tf.concat([unitVectors(raw), raw], 0),
            ...pairMasks(labels.length, 2 * count, relation),
          });
        },
        differs: "the peer scales anchor and positive to length 1 but not the negatives, where the formula holds for vectors of length 1",
      };
    },
  },
};
