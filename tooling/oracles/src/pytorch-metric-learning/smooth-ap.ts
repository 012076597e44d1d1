import { smoothAP } from "@quaterion/losses";
import type { LossCase } from "../golden-case.js";
import type { LossMapping } from "../mapping.js";
import { reducerOf } from "./common/reducer.js";
import { selfIncludedCase } from "./common/self-included-case.js";

export const mapping: LossMapping = {
  SmoothAPLoss: {
    options: ["temperature", "reducer"],
    say: (golden) => {
      const { temperature } = golden.options as { temperature?: number };
      const loss = smoothAP({ temperature, reducer: reducerOf(golden.reducer!) });
      const labels = takenForLabels(golden);
      if (samePairs(labels, golden.inputs.labels)) return selfIncludedCase(golden, loss);
      const said = selfIncludedCase({ ...golden, inputs: { ...golden.inputs, labels } }, loss);
      return {
        ...said,
        differs: "the peer takes rows that follow one another for a class, and the rows of a class for the number of classes",
      };
    },
  },
};

/** The peer cuts the batch into ⌊batch / classes⌋ runs of equal length and takes each for a class. */
function takenForLabels({ inputs: { labels } }: LossCase): number[] {
  const runs = Math.floor(labels.length / new Set(labels).size);
  const length = Math.floor(labels.length / runs);
  return labels.map((_, i) => Math.floor(i / length));
}

const samePairs = (some: readonly number[], others: readonly number[]) =>
  some.every((label, i) => some.every((other, j) => (label === other) === (others[i] === others[j])));
