import { type PairFeature, pairClassification } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import { lossNumber } from "../loss-number.js";
import type { LossMapping } from "../mapping.js";

export const mapping: LossMapping = {
  SoftmaxLoss: {
    options: [
      "embedding_dimension",
      "num_labels",
      "concatenation_sent_rep",
      "concatenation_sent_difference",
      "concatenation_sent_multiplication",
    ],
    say: ({ options, inputs: { columns, labels }, weights, grads }) => {
      const asked: [PairFeature, unknown][] = [
        ["vectors", options["concatenation_sent_rep"] ?? true],
        ["difference", options["concatenation_sent_difference"] ?? true],
        ["product", options["concatenation_sent_multiplication"] ?? false],
      ];
      const features = asked.flatMap(([feature, wanted]) => (wanted ? [feature] : []));
      const loss = pairClassification({ features });
      return {
        inputs: [
          ...columns.map((values, i) => ({ values, gradient: (grads["columns"] as (typeof values)[])[i]! })),
          ...["classifier.weight", "classifier.bias"].map((name) => ({ values: weights![name]!, gradient: grads[name]! })),
        ],
        value: (first, second, kernel, bias) =>
          lossNumber(
            loss,
            { first: first as tf.Tensor2D, second: second as tf.Tensor2D, classes: tf.tensor1d([...labels], "int32") },
            { kernel: kernel!, bias: bias! },
          ),
      };
    },
  },
};
