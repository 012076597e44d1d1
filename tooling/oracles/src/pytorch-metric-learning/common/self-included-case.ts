import type { RelationLoss } from "@quaterion/core/training";
import type * as tf from "@tensorflow/tfjs-core";
import type { LossCase } from "../../golden-case.js";
import { lossNumber } from "../../loss-number.js";
import type { SaidLoss } from "../../mapping.js";
import { labelRelation, pairMasks } from "../../pair-masks.js";

/** A case of a ranking loss of a peer that keeps each query in its own ranking, as a similar sample where it has others: masks can say that. */
export function selfIncludedCase(golden: LossCase, loss: RelationLoss): SaidLoss {
  const { embeddings, labels } = golden.inputs;
  const isAlone = (i: number) => labels.filter((label) => label === labels[i]).length === 1;
  return {
    inputs: [{ values: embeddings, gradient: golden.grads["embeddings"]! }],
    value: (rows) => {
      const anchors = rows as tf.Tensor2D;
      const masks = pairMasks(labels.length, labels.length, (i, j) => (i === j && isAlone(i) ? 0 : labelRelation(labels[i]!, labels[j]!)));
      return lossNumber(loss, { anchors, candidates: anchors, ...masks });
    },
  };
}
