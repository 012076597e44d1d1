import { innerProducts } from "@quaterion/search";
import type { DecisionRule } from "./decision-rule.js";

/**
 * The nearest reference decides: the score of a class is the highest cosine of the query and a reference of that class.
 * Cover & Hart, "Nearest neighbor pattern classification", 1967.
 */
export function nearest(): DecisionRule {
  return {
    name: "nearest",
    needs: "topK",
    fit: ({ vectors, dim, classes, classCount }) => ({
      scores(queries, cosines = innerProducts(queries, vectors, dim)) {
        const count = queries.length / dim;
        const out = new Float32Array(count * classCount).fill(Number.NEGATIVE_INFINITY);
        for (let q = 0; q < count; q++) {
          const row = q * classCount;
          const at = q * classes.length;
          for (let i = 0; i < classes.length; i++) {
            const slot = row + classes[i]!;
            if (cosines[at + i]! > out[slot]!) out[slot] = cosines[at + i]!;
          }
        }
        return out;
      },
      contributions(query, classIndex) {
        const cosines = innerProducts(query, vectors, dim);
        let best = -1;
        for (let i = 0; i < classes.length; i++) {
          if (classes[i] === classIndex && (best < 0 || cosines[i]! > cosines[best]!)) best = i;
        }
        const amounts = new Float64Array(classes.length);
        if (best < 0) return { amounts, total: Number.NEGATIVE_INFINITY, unit: "score" };
        amounts[best] = cosines[best]!;
        return { amounts, total: cosines[best]!, unit: "score" };
      },
    }),
  };
}
