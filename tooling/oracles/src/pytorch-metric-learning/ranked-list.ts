import { rankedList } from "@quaterion/losses";
import type * as tf from "@tensorflow/tfjs-core";
import { lossNumber } from "../loss-number.js";
import type { LossMapping } from "../mapping.js";
import { labelRelation, pairMasks } from "../pair-masks.js";
import { pairDistances } from "./common/pair-distances.js";
import { reducerOf } from "./common/reducer.js";

export const mapping: LossMapping = {
  RankedListLoss: {
    options: ["margin", "Tn", "Tp", "imbalance", "alpha", "distance", "reducer"],
    say: (golden) => {
      const o = golden.options as { margin: number; Tn: number; Tp?: number; imbalance?: number; alpha?: number };
      const loss = rankedList({
        margin: o.margin,
        negativeTemperature: o.Tn,
        positiveTemperature: o.Tp,
        balance: o.imbalance,
        boundary: o.alpha,
        distances: pairDistances(golden.distance!),
        reducer: reducerOf(golden.reducer!),
      });
      const { embeddings, labels } = golden.inputs;
      const equal = (i: number, j: number) => labels[i] !== labels[j] && String(embeddings[i]) === String(embeddings[j]);
      const left = labels.some((_, i) => labels.some((__, j) => equal(i, j)));
      const relation = (i: number, j: number) => (i === j || equal(i, j) ? 0 : labelRelation(labels[i]!, labels[j]!));
      return {
        inputs: [{ values: embeddings, gradient: golden.grads["embeddings"]! }],
        value: (rows) => {
          const anchors = rows as tf.Tensor2D;
          return lossNumber(loss, { anchors, candidates: anchors, ...pairMasks(labels.length, labels.length, relation) });
        },
        ...(left && { differs: "the peer leaves out a dissimilar sample at distance 0, the worst there is, taking the 0 for a mask's" }),
      };
    },
  },
};
