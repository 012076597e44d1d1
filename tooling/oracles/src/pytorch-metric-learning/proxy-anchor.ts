import { proxyAnchor } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { classCase } from "./common/class-case.js";
import { weightRegularizer } from "./common/regularizers.js";

export const mapping: LossMapping = {
  ProxyAnchorLoss: {
    options: ["num_classes", "embedding_size", "margin", "alpha", ...weightRegularizer],
    say: (golden) => {
      const { margin, alpha: scale } = golden.options as { margin?: number; alpha?: number };
      return classCase(golden, proxyAnchor({ margin, scale }), { prototypes: { weight: "proxies" } });
    },
  },
};
