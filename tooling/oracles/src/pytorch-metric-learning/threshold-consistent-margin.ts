import { thresholdConsistentMargin } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { relationCase } from "./common/relation-case.js";

export const mapping: LossMapping = {
  ThresholdConsistentMarginLoss: {
    options: ["lambda_plus", "lambda_minus", "margin_plus", "margin_minus"],
    say: (golden) => {
      const o = golden.options as Partial<Record<"lambda_plus" | "lambda_minus" | "margin_plus" | "margin_minus", number>>;
      const loss = thresholdConsistentMargin({
        positiveWeight: o.lambda_plus,
        negativeWeight: o.lambda_minus,
        positiveMargin: o.margin_plus,
        negativeMargin: o.margin_minus,
      });
      return relationCase(golden, loss);
    },
  },
};
