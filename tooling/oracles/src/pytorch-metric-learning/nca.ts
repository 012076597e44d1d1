import { nca } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { LossCase } from "../golden-case.js";
import { type LossMapping, Uncovered } from "../mapping.js";
import { pairDistances } from "./common/pair-distances.js";
import { reducerOf } from "./common/reducer.js";
import { relationCase } from "./common/relation-case.js";

/** Given tuples choose no pairs: the peer weights a row by how often it occurs in them. */
function rowWeights({ inputs: { embeddings, indices_tuple, ref_emb } }: LossCase): number[] | undefined {
  if (!indices_tuple) return undefined;
  const rows = ref_emb ? indices_tuple[0]! : indices_tuple.flat();
  const counts = embeddings.map((_, i) => rows.filter((row) => row === i).length);
  return counts.map((count) => count / Math.max(...counts));
}

export const mapping: LossMapping = {
  NCALoss: {
    options: ["softmax_scale", "distance", "reducer"],
    say: (golden) => {
      const { softmax_scale: scale } = golden.options as { softmax_scale?: number };
      const reducer = reducerOf(golden.reducer!);
      const loss = nca({ scale, distances: pairDistances(golden.distance!), reducer });
      const weights = rowWeights(golden);
      if (!weights) return relationCase(golden, loss);
      if (golden.reducer!.type !== "MeanReducer") throw new Uncovered("given tuples under another reducer than the mean");
      const { indices_tuple: _, ...inputs } = golden.inputs;
      const weighted: typeof loss = {
        ...loss,
        compute: (batch, parameters) => loss.compute({ ...batch, weights: tf.tensor1d(weights) }, parameters),
      };
      // The peer divides by the rows that have a positive; a mean by weight divides by their weights.
      const others = inputs.ref_labels ?? inputs.labels;
      const counted = weights.filter((_, i) => others.some((label, j) => label === inputs.labels[i] && (inputs.ref_emb || i !== j)));
      return { ...relationCase({ ...golden, inputs }, weighted), factor: counted.reduce((a, b) => a + b, 0) / counted.length };
    },
  },
};
