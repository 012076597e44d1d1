import { type LabelId, labelId } from "@quaterion/core";
import { textOf } from "../audit/leaks.js";
import { labelCentroids } from "../label-centroids.js";
import type { RelationSpace } from "../relations.js";
import { valueIds } from "../value-ids.js";

/**
 * Examples of two labels, for a person who judges them: values that both have, then those nearest to the label's centroid (without vectors, the
 * first), no value twice.
 * @returns a function of two labels; centroids are worked out once
 */
export function typicalTexts(
  values: readonly unknown[],
  spaces: readonly RelationSpace[],
  embeddings: Float32Array | undefined,
  examples: number,
): (a: LabelId, b: LabelId) => { a: string[]; b: string[] } {
  const ids = valueIds(values);
  const typical = new Map<LabelId, number[]>();
  for (const space of spaces) {
    const closeness = embeddings && rowCloseness(space, embeddings);
    const rows: number[][] = space.labels.map(() => []);
    for (const [row, c] of space.classes.entries()) if (c >= 0) rows[c]!.push(row);
    for (const [c, label] of space.labels.entries()) {
      if (closeness) rows[c]!.sort((x, y) => closeness[y]! - closeness[x]! || x - y);
      typical.set(labelId(space.name, label), rows[c]!);
    }
  }
  return (a, b) => {
    const [left, right] = [typical.get(a)!, typical.get(b)!];
    const idsOf = (rows: readonly number[]) => new Set(rows.map((row) => ids[row]!));
    const shared = (rows: readonly number[], others: ReadonlySet<number>) => {
      const first = new Map<number, number>();
      for (const row of [...rows.filter((each) => others.has(ids[each]!)), ...rows]) if (!first.has(ids[row]!)) first.set(ids[row]!, row);
      return [...first.values()].slice(0, examples).map((row) => textOf(values[row]));
    };
    return { a: shared(left, idsOf(right)), b: shared(right, idsOf(left)) };
  };
}

/** Cosine of each row with its label's centroid; −1 for rows of no label. */
function rowCloseness(space: RelationSpace, embeddings: Float32Array): Float64Array {
  const dim = embeddings.length / space.classes.length;
  const centroids = labelCentroids(space, embeddings);
  return Float64Array.from(space.classes, (c, row) => {
    if (c < 0) return -1;
    let [dot, squares] = [0, 0];
    for (let d = 0; d < dim; d++) {
      const value = embeddings[row * dim + d]!;
      dot += value * centroids[c * dim + d]!;
      squares += value * value;
    }
    return dot / (Math.sqrt(squares) || 1);
  });
}
