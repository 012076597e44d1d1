import { instance } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import { lossNumber } from "../loss-number.js";
import type { LossMapping } from "../mapping.js";

export const mapping: LossMapping = {
  InstanceLoss: {
    options: ["gamma"],
    say: (golden) => {
      const { embeddings, labels } = golden.inputs;
      const { gamma: scale } = golden.options as { gamma?: number };
      const names = [...new Set(labels)].sort((a, b) => a - b);
      return {
        inputs: [{ values: embeddings, gradient: golden.grads["embeddings"]! }],
        value: (rows) =>
          lossNumber(
            instance({ scale }),
            {
              embeddings: rows as tf.Tensor2D,
              classes: tf.tensor1d(
                labels.map((label) => names.indexOf(label)),
                "int32",
              ),
            },
            { prototypes: rows! },
          ),
        differs: "the peer takes the rows of the batch for the learned vectors: row c for that of class c",
      };
    },
  },
};
