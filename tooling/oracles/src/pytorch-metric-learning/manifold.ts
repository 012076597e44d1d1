import { manifold } from "@quaterion/losses";
import { type LossMapping, Uncovered } from "../mapping.js";
import { classCase } from "./common/class-case.js";

export const mapping: LossMapping = {
  ManifoldLoss: {
    options: ["l", "K", "lambdaC", "alpha", "margin"],
    say: (golden) => {
      const { lambdaC: contextWeight, alpha: walk, margin } = golden.options as { lambdaC?: number; alpha?: number; margin?: number };
      const classes = golden.inputs.meta_classes;
      if (!classes) throw new Uncovered("classes that the peer draws at random");
      const given = { ...golden, inputs: { ...golden.inputs, labels: classes as readonly number[] } };
      return classCase(given, manifold({ walk, margin, contextWeight }), { prototypes: { weight: "proxies" } });
    },
  },
};
