import { classMarginLoss, marginLoss } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { LossCase } from "../golden-case.js";
import { lossNumber } from "../loss-number.js";
import { type LossMapping, type SaidLoss, Uncovered } from "../mapping.js";
import { labelRelation, pairMasks } from "../pair-masks.js";
import { classCase } from "./common/class-case.js";
import { pairDistances } from "./common/pair-distances.js";
import { relationCase } from "./common/relation-case.js";

interface Options {
  readonly margin?: number;
  readonly nu?: number;
  readonly beta?: number;
  readonly learn_beta?: boolean;
  readonly num_classes?: number;
}

export const mapping: LossMapping = {
  MarginLoss: {
    options: ["margin", "nu", "beta", "learn_beta", "num_classes", "distance"],
    say: (golden) => {
      const { margin, nu: regularization, beta, learn_beta: learnBeta = false, num_classes } = golden.options as Options;
      const distances = pairDistances(golden.distance!);
      if (num_classes !== undefined && learnBeta) {
        return classCase(golden, classMarginLoss({ margin, regularization, distances }), { beta: { weight: "beta" } });
      }
      const loss = marginLoss({ margin, beta, learnBeta, regularization, distances });
      return learnBeta ? withBeta(golden, loss) : relationCase(golden, loss);
    },
  },
};

/** The border among the inputs, since the peer gives its gradient too. */
function withBeta(golden: LossCase, loss: ReturnType<typeof marginLoss>): SaidLoss {
  const { embeddings, labels, ref_emb, indices_tuple } = golden.inputs;
  if (ref_emb || indices_tuple) throw new Uncovered("a learned border with reference rows or given tuples");
  const relation = (i: number, j: number) => (i === j ? 0 : labelRelation(labels[i]!, labels[j]!));
  return {
    inputs: [
      { values: embeddings, gradient: golden.grads["embeddings"]! },
      { values: golden.weights!["beta"]!, gradient: golden.grads["beta"]! },
    ],
    value: (rows, beta) => {
      const anchors = rows as tf.Tensor2D;
      const masks = pairMasks(labels.length, labels.length, relation);
      return lossNumber(loss, { anchors, candidates: anchors, ...masks }, { beta: tf.reshape(beta!, [1]) });
    },
  };
}
