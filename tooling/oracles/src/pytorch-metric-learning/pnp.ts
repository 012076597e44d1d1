import { pnp } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { selfIncludedCase } from "./common/self-included-case.js";

export const mapping: LossMapping = {
  PNPLoss: {
    options: ["variant", "alpha", "b", "anneal"],
    say: (golden) => {
      const o = golden.options as { variant?: "O" | "Ds" | "Dq" | "Iu" | "Ib"; alpha?: number; b?: number; anneal?: number };
      return selfIncludedCase(golden, pnp({ variant: o.variant, alpha: o.alpha, b: o.b, temperature: o.anneal }));
    },
  },
};
