import { fastAP } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { reducerOf } from "./common/reducer.js";
import { relationCase } from "./common/relation-case.js";

export const mapping: LossMapping = {
  FastAPLoss: {
    options: ["num_bins", "reducer"],
    say: (golden) => relationCase(golden, fastAP({ bins: golden.options["num_bins"] as number, reducer: reducerOf(golden.reducer!) })),
  },
};
