import { nPairs } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { LossCase } from "../golden-case.js";
import { lossNumber } from "../loss-number.js";
import { type LossMapping, Uncovered } from "../mapping.js";
import { pairMasks } from "../pair-masks.js";
import { pairSimilarities } from "./common/pair-distances.js";
import { reducerOf } from "./common/reducer.js";

/** The peer makes the paper's batch itself: of each label, the first two rows that share it. */
function firstPairs({ labels, indices_tuple, ref_emb }: LossCase["inputs"]): [anchors: number[], positives: number[]] {
  if (ref_emb) throw new Uncovered("the peer takes no reference rows");
  const given = indices_tuple && indices_tuple[0]!.map((anchor, at) => [anchor, indices_tuple[1]![at]!] as const);
  const all = labels.flatMap((label, i) => labels.flatMap((other, j) => (i !== j && label === other ? [[i, j] as const] : [])));
  const first = new Map<number, readonly [number, number]>();
  for (const pair of given ?? all) if (!first.has(labels[pair[0]]!)) first.set(labels[pair[0]]!, pair);
  return [[...first.values()].map(([i]) => i), [...first.values()].map(([, j]) => j)];
}

export const mapping: LossMapping = {
  NPairsLoss: {
    options: ["distance", "reducer"],
    say: (golden) => {
      const loss = nPairs({ similarities: pairSimilarities(golden.distance!), reducer: reducerOf(golden.reducer!) });
      const [anchors, positives] = firstPairs(golden.inputs);
      return {
        inputs: [{ values: golden.inputs.embeddings, gradient: golden.grads["embeddings"]! }],
        value: (rows) => {
          const of = (numbers: number[]) => tf.gather(rows as tf.Tensor2D, tf.tensor1d(numbers, "int32"));
          const masks = pairMasks(anchors.length, anchors.length, (i, j) => (i === j ? 1 : -1));
          return lossNumber(loss, { anchors: of(anchors), candidates: of(positives), ...masks });
        },
      };
    },
  },
};
