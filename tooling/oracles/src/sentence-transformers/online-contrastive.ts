import { cosineDistances, onlineContrastive, sum } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { stackedCase } from "./common/columns-case.js";
import { distancesOf } from "./common/distances.js";
import { withoutDirectionAtZero } from "./contrastive.js";

export const mapping: LossMapping = {
  OnlineContrastiveLoss: {
    options: ["distance_metric", "margin"],
    say: (golden) => {
      const { distance_metric, margin } = golden.options as { distance_metric?: string; margin?: number };
      const distances = distancesOf(distance_metric, cosineDistances);
      const loss = onlineContrastive({ distances, margin, reducer: sum() });
      const said = stackedCase(golden, loss, (i, j) => (i === j ? 2 * golden.inputs.labels[i]! - 1 : 0));
      return distances === cosineDistances ? said : withoutDirectionAtZero(said, golden);
    },
  },
};
