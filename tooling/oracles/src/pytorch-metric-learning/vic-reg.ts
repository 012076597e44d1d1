import { vicReg } from "@quaterion/losses";
import type * as tf from "@tensorflow/tfjs-core";
import { lossNumber } from "../loss-number.js";
import type { LossMapping } from "../mapping.js";

export const mapping: LossMapping = {
  VICRegLoss: {
    options: ["invariance_lambda", "variance_mu", "covariance_v", "eps"],
    say: ({ inputs: { embeddings, ref_emb }, grads, options }) => {
      const {
        invariance_lambda: invariance,
        variance_mu: variance,
        covariance_v: covariance,
        eps: epsilon,
      } = options as Record<string, number | undefined>;
      const loss = vicReg({ invariance, variance, covariance, epsilon });
      return {
        inputs: [
          { values: embeddings, gradient: grads["embeddings"]! },
          { values: ref_emb!, gradient: grads["ref_emb"]! },
        ],
        value: (...views) => lossNumber(loss, { views: views as tf.Tensor2D[] }),
      };
    },
  },
};
