import { subCenterArcFace } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { classCase } from "./common/class-case.js";
import { weightRegularizer } from "./common/regularizers.js";

export const mapping: LossMapping = {
  SubCenterArcFaceLoss: {
    options: ["num_classes", "embedding_size", "margin", "scale", "sub_centers", ...weightRegularizer],
    say: (golden) => {
      const { margin = 28.6, scale, sub_centers: centers } = golden.options as { margin?: number; scale?: number; sub_centers?: number };
      const loss = subCenterArcFace({ margin: (margin * Math.PI) / 180, scale, centers }); // the peer's margin is in degrees
      return classCase(golden, loss, { prototypes: { weight: "W", transposed: true } });
    },
  },
};
