import { type LabelId, labelId } from "@quaterion/core";
import type { RelationSpace } from "./relations.js";

/**
 * Centroids of the labels of a space: means of the unit vectors of their rows, scaled to length 1 (a label without rows, or whose mean is 0, has 0).
 * @param embeddings `[rows, dim]`
 * @returns `[labels, dim]`, float64
 */
export function labelCentroids({ labels, classes }: RelationSpace, embeddings: Float32Array): Float64Array {
  const dim = embeddings.length / classes.length;
  const centroids = new Float64Array(labels.length * dim);
  for (let row = 0; row < classes.length; row++) {
    const c = classes[row]!;
    if (c < 0) continue;
    const scale = 1 / (norm(embeddings, row * dim, dim) || 1);
    for (let d = 0; d < dim; d++) centroids[c * dim + d]! += embeddings[row * dim + d]! * scale;
  }
  for (let c = 0; c < labels.length; c++) {
    const scale = 1 / (norm(centroids, c * dim, dim) || 1);
    for (let d = 0; d < dim; d++) centroids[c * dim + d]! *= scale;
  }
  return centroids;
}

/** Labels of two spaces whose centroids are each other's nearest (cosine). */
export function mutualNearestCentroids(
  spaces: readonly RelationSpace[],
  embeddings: Float32Array,
): { a: LabelId; b: LabelId; similarity: number }[] {
  const centroids = spaces.map((space) => labelCentroids(space, embeddings));
  const found: { a: LabelId; b: LabelId; similarity: number }[] = [];
  for (let p = 0; p < spaces.length; p++) {
    for (let q = p + 1; q < spaces.length; q++) {
      const [left, right] = [spaces[p]!, spaces[q]!];
      const similarities = centroidSimilarities(centroids[p]!, centroids[q]!, left.labels.length, right.labels.length);
      const width = right.labels.length;
      for (let x = 0; x < left.labels.length; x++) {
        let best = 0;
        for (let y = 1; y < width; y++) if (similarities[x * width + y]! > similarities[x * width + best]!) best = y;
        const similarity = similarities[x * width + best]!;
        let mutual = similarity > 0;
        for (let other = 0; other < left.labels.length; other++) mutual &&= similarities[other * width + best]! <= similarity;
        if (mutual) found.push({ a: labelId(left.name, left.labels[x]!), b: labelId(right.name, right.labels[best]!), similarity });
      }
    }
  }
  return found;
}

/** Dot products, `[a, b]`. */
export function centroidSimilarities(a: Float64Array, b: Float64Array, rows: number, columns: number): Float64Array {
  const dim = a.length / rows;
  const out = new Float64Array(rows * columns);
  for (let x = 0; x < rows; x++) {
    for (let y = 0; y < columns; y++) {
      let sum = 0;
      for (let d = 0; d < dim; d++) sum += a[x * dim + d]! * b[y * dim + d]!;
      out[x * columns + y] = sum;
    }
  }
  return out;
}

function norm(vectors: Float32Array | Float64Array, start: number, dim: number): number {
  let sum = 0;
  for (let d = 0; d < dim; d++) sum += vectors[start + d]! ** 2;
  return Math.sqrt(sum);
}
