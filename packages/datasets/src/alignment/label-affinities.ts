import { innerProducts } from "@quaterion/search";
import { centroidSimilarities, labelCentroids } from "../label-centroids.js";
import type { RelationSpace } from "../relations.js";

/** How the labels of two spaces lie to each other, by the vectors of their texts; each `[left labels, right labels]`. */
export interface LabelAffinities {
  /** Cosine of the centroids. */
  readonly similarity: Float64Array;
  /**
   * How much the texts of the right label belong with those of the left: (s(x, y) − s(x, ·)) / (s(x, x) − s(x, ·)), s the mean cosine between
   * texts of two labels (of different texts, within one), s(x, ·) its mean over the labels of the other space. 1: as much as the left label's
   * own texts; 0: as much as any. Does not depend on how an encoder spreads its vectors, so that encoders can be compared.
   */
  readonly toLeft: Float64Array;
  /** The same from the right label's side. */
  readonly toRight: Float64Array;
  /** Share of the left label's texts that are nearest to the right label's centroid, of the centroids of its space. */
  readonly shareOfLeft: Float64Array;
  readonly shareOfRight: Float64Array;
}

/** @param embeddings `[rows, dim]` */
export function labelAffinities(left: RelationSpace, right: RelationSpace, embeddings: Float32Array): LabelAffinities {
  const dim = embeddings.length / left.classes.length;
  const [l, r] = [spaceMeans(left, embeddings, dim), spaceMeans(right, embeddings, dim)];
  const [rows, columns] = [left.labels.length, right.labels.length];
  const mean = centroidSimilarities(l.means, r.means, rows, columns);
  const toLeft = new Float64Array(rows * columns);
  const toRight = new Float64Array(rows * columns);
  const baseLeft = l.own.map((_, x) => average(columns, (y) => mean[x * columns + y]!));
  const baseRight = r.own.map((_, y) => average(rows, (x) => mean[x * columns + y]!));
  for (let x = 0; x < rows; x++) {
    for (let y = 0; y < columns; y++) {
      const at = x * columns + y;
      toLeft[at] = belonging(mean[at]!, l.own[x]!, baseLeft[x]!);
      toRight[at] = belonging(mean[at]!, r.own[y]!, baseRight[y]!);
    }
  }
  const transposed = nearestShares(right, left, l.centroids, embeddings, dim);
  return {
    similarity: centroidSimilarities(l.centroids, r.centroids, rows, columns),
    toLeft,
    toRight,
    shareOfLeft: nearestShares(left, right, r.centroids, embeddings, dim),
    shareOfRight: toLeft.map((_, at) => transposed[(at % columns) * rows + Math.floor(at / columns)]!),
  };
}

/** Kept within −1 and 2: where a label's own texts are hardly nearer to each other than to any, the quotient says nothing. */
function belonging(mean: number, own: number, base: number): number {
  const scale = own - base;
  return scale < 1e-6 ? 0 : Math.max(-1, Math.min(2, (mean - base) / scale));
}

interface SpaceMeans {
  readonly centroids: Float64Array;
  /** Means of the unit vectors, `[labels, dim]`. */
  readonly means: Float64Array;
  /** Mean cosine between two different texts of each label; of a label with one text, the mean of the others'. */
  readonly own: Float64Array;
}

function spaceMeans(space: RelationSpace, embeddings: Float32Array, dim: number): SpaceMeans {
  const count = space.labels.length;
  const means = new Float64Array(count * dim);
  const counts = new Uint32Array(count);
  for (const [row, c] of space.classes.entries()) {
    if (c < 0) continue;
    const vector = embeddings.subarray(row * dim, (row + 1) * dim);
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    if (length === 0) continue;
    counts[c]!++;
    for (let d = 0; d < dim; d++) means[c * dim + d]! += vector[d]! / length;
  }
  const own = new Float64Array(count).fill(Number.NaN);
  for (let c = 0; c < count; c++) {
    const n = counts[c]!;
    if (n === 0) continue;
    let squares = 0;
    for (let d = 0; d < dim; d++) {
      squares += means[c * dim + d]! ** 2;
      means[c * dim + d]! /= n;
    }
    if (n > 1) own[c] = (squares - n) / (n * (n - 1)); // Σ over pairs of cosines, without each text and itself
  }
  const known = [...own].filter((value) => !Number.isNaN(value));
  const usual = known.length > 0 ? average(known.length, (i) => known[i]!) : 1;
  return { centroids: labelCentroids(space, embeddings), means, own: own.map((value) => (Number.isNaN(value) ? usual : value)) };
}

const rowsAtOnce = 4096;

/** Share of each label's texts that are nearest to each of the other space's centroids, `[labels, others]`. */
function nearestShares(
  { labels, classes }: RelationSpace,
  others: RelationSpace,
  centroids: Float64Array,
  embeddings: Float32Array,
  dim: number,
) {
  const width = others.labels.length;
  const shares = new Float64Array(labels.length * width);
  const counts = new Uint32Array(labels.length);
  const gallery = Float32Array.from(centroids);
  const rows = [...classes.keys()].filter((row) => classes[row]! >= 0);
  for (let start = 0; start < rows.length; start += rowsAtOnce) {
    const part = rows.slice(start, start + rowsAtOnce);
    const vectors = new Float32Array(part.length * dim);
    for (const [i, row] of part.entries()) vectors.set(embeddings.subarray(row * dim, (row + 1) * dim), i * dim);
    const products = innerProducts(vectors, gallery, dim);
    for (const [i, row] of part.entries()) {
      let best = 0;
      for (let y = 1; y < width; y++) if (products[i * width + y]! > products[i * width + best]!) best = y;
      shares[classes[row]! * width + best]!++;
      counts[classes[row]!]!++;
    }
  }
  return shares.map((sum, at) => sum / (counts[Math.floor(at / width)]! || 1));
}

function average(count: number, value: (at: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += value(i);
  return count === 0 ? 0 : sum / count;
}
