import { proxyNCA } from "@quaterion/losses";
import { type LossMapping, Uncovered } from "../mapping.js";
import { classCase } from "./common/class-case.js";
import { weightRegularizer } from "./common/regularizers.js";

export const mapping: LossMapping = {
  ProxyNCALoss: {
    options: ["num_classes", "embedding_size", "softmax_scale", "distance", ...weightRegularizer],
    say: (golden) => {
      const { type, p, power, normalize_embeddings } = golden.distance!;
      if (type !== "LpDistance" || p !== 2 || power !== 2 || !normalize_embeddings) throw new Uncovered("proxyNCA has one distance");
      const { softmax_scale = 1 } = golden.options as { softmax_scale?: number };
      return classCase(golden, proxyNCA({ temperature: 1 / softmax_scale }), { prototypes: { weight: "proxies" } });
    },
  },
};
