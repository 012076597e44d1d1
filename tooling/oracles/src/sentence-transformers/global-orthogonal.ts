import { globalOrthogonal, identityMask } from "@quaterion/losses";
import { sumOfRatios } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { type LossMapping, Uncovered } from "../mapping.js";
import { columnsCase } from "./common/columns-case.js";

export const mapping: LossMapping = {
  GlobalOrthogonalRegularizationLoss: {
    options: ["mean_weight", "second_moment_weight", "aggregation", "similarity_fct"],
    say: (golden) => {
      const {
        mean_weight,
        second_moment_weight,
        aggregation = "mean",
        similarity_fct = "cos_sim",
      } = golden.options as {
        mean_weight?: number | null;
        second_moment_weight?: number | null;
        aggregation?: string;
        similarity_fct?: string;
      };
      if (similarity_fct !== "cos_sim") throw new Uncovered(`similarity ${similarity_fct}`);
      const weight = (given: number | null | undefined) => (given === null ? 0 : given);
      const regularizer = globalOrthogonal({ meanWeight: weight(mean_weight), secondMomentWeight: weight(second_moment_weight) });
      const ofColumn = (rows: tf.Tensor2D) =>
        sumOfRatios(regularizer.compute({ rows, apart: () => tf.sub(1, identityMask(rows.shape[0])) }));
      return {
        ...columnsCase(golden, (...columns) => tf.addN(columns.map(ofColumn)) as tf.Scalar),
        factor: aggregation === "mean" ? 1 / golden.inputs.columns.length : 1,
      };
    },
  },
};
