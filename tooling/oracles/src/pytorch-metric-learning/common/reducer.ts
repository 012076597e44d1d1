import type { Reducer } from "@quaterion/core/training";
import { mean, meanOfKinds, nonZeroMean, sum } from "@quaterion/losses";
import type { GoldenReducer, LossCase } from "../../golden-case.js";
import { Uncovered } from "../../mapping.js";

/** The reducer that the peer attached. */
export function reducerOf({ type, inner }: GoldenReducer): Reducer {
  if (type === "MeanReducer") return mean();
  if (type === "SumReducer") return sum();
  if (type === "AvgNonZeroReducer") return nonZeroMean();
  throw new Uncovered(`reducer ${type}${inner ? ` of ${inner.type}` : ""}`);
}

/** The reducer of each of a loss's kinds, where they have the same one. */
export function reducerOfKinds({ reducer }: LossCase): Reducer {
  const kinds = Object.values(reducer?.per_sub_loss ?? {});
  if (kinds.length === 0 || new Set(kinds.map((kind) => JSON.stringify(kind))).size > 1)
    throw new Uncovered("reducers that differ by kind");
  return meanOfKinds({ each: reducerOf(kinds[0]!) });
}
