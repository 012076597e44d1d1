import type { Reducer } from "@quaterion/core/training";
import { mean, meanOfKinds, nonZeroMean, perAnchor, sum, threshold } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { GoldenReducer, LossCase } from "../../golden-case.js";
import { Uncovered } from "../../mapping.js";

/** A reducer of ours, and what the peer does otherwise. */
export interface SaidReducer {
  readonly reducer: Reducer;
  readonly differs?: string;
}

/** The reducer that the peer attached, where ours does the same. */
export function reducerOf(golden: GoldenReducer): Reducer {
  const { reducer, differs } = saidReducer(golden);
  if (differs) throw new Uncovered(`reducer ${golden.type}: ${differs}`);
  return reducer;
}

/** The reducer of each of a loss's kinds, where they have the same one. */
export function reducerOfKinds({ reducer }: LossCase): SaidReducer {
  const kinds = Object.values(reducer?.per_sub_loss ?? {});
  if (kinds.length === 0 || new Set(kinds.map((kind) => JSON.stringify(kind))).size > 1)
    throw new Uncovered("reducers that differ by kind");
  const { reducer: each, differs } = saidReducer(kinds[0]!);
  return { reducer: meanOfKinds({ each }), differs };
}

/** The weights that the peer's reducer gives to anchors, by their labels. */
export function anchorWeights({ reducer, inputs }: LossCase): number[] | undefined {
  const byClass = [reducer, ...Object.values(reducer?.per_sub_loss ?? {})].find((one) => one?.type === "ClassWeightedReducer")?.weights;
  return byClass && inputs.labels.map((label) => byClass[label]!);
}

function saidReducer({ type, inner, low, high }: GoldenReducer): SaidReducer {
  if (type === "MeanReducer") return { reducer: mean() };
  if (type === "SumReducer") return { reducer: sum() };
  if (type === "AvgNonZeroReducer") return { reducer: nonZeroMean() };
  if (type === "ThresholdReducer") return { reducer: threshold({ low, high }) };
  if (type === "ClassWeightedReducer") {
    return { reducer: overCounts, differs: "the peer divides what it weights by the number of terms, not by their weights" };
  }
  if (type === "PerAnchorReducer" && inner?.type === "AvgNonZeroReducer") return { reducer: perAnchor({ across: nonZeroMean() }) };
  if (type === "PerAnchorReducer" && inner?.type === "MeanReducer") {
    return { reducer: perAnchor({ across: overRows }), differs: "the peer divides by all rows, also those without a pair of the kind" };
  }
  throw new Uncovered(`reducer ${type}${inner ? ` of ${inner.type}` : ""}`);
}

const overCounts: Reducer = {
  name: "overCounts",
  reduce: (terms, counted) => [{ total: tf.sum(tf.mul(terms, counted)), count: tf.sum(tf.cast(tf.greater(counted, 0), "float32")) }],
};

const overRows: Reducer = {
  name: "overRows",
  reduce: (terms, counted) => [{ total: tf.sum(tf.mul(terms, counted)), count: tf.scalar(terms.shape[0]!) }],
};
