import { checkOptions, InvalidArgumentError, nonNegativeInteger, positiveInteger, Random, reject } from "@quaterion/core";
import { squaredDistances } from "@quaterion/search";

export interface KMeansOptions {
  /** Default 0: the same vectors and seed give the same clusters. */
  seed?: number | undefined;
  /** Rounds at most. Default 100. */
  rounds?: number | undefined;
  /** Times it begins anew, the best end kept. Default 3. */
  starts?: number | undefined;
}

/** Clusters of vectors. */
export interface KMeans {
  /** Cluster of each vector, 0 to `count − 1`. */
  readonly clusters: Int32Array;
  /** `[count, dim]` */
  readonly centroids: Float32Array;
  /** Σ of squared distances to the own centroid. */
  readonly spread: number;
}

/**
 * Parts vectors into clusters by k-means, begun with k-means++: to compare with labels by {@link clusterAgreement}, or to look for groups where there are no labels.
 *
 * Lloyd, "Least squares quantization in PCM", 1982; Arthur & Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007.
 * @param vectors `[rows, dim]`, row-major; scale them to length 1 where cosines count
 * @param count clusters: the number of labels, for a comparison
 * @throws {InvalidArgumentError} when there are fewer vectors than clusters, or one is not finite
 */
export function kMeans(vectors: Float32Array, dim: number, count: number, options: KMeansOptions = {}): KMeans {
  positiveInteger(dim, "dim");
  positiveInteger(count, "count");
  checkOptions("kMeans", options, { seed: nonNegativeInteger, rounds: positiveInteger, starts: positiveInteger });
  if (!(vectors instanceof Float32Array)) reject("vectors", "a Float32Array `[rows, dim]`, such as an encoder gives", vectors);
  if (vectors.length % dim !== 0 || vectors.length < count * dim)
    throw new InvalidArgumentError(`\`vectors\` must hold ${count} rows of ${dim} numbers or more; received ${vectors.length} numbers.`);
  const bad = vectors.findIndex((number) => !Number.isFinite(number));
  if (bad >= 0)
    throw new InvalidArgumentError(
      `\`vectors\` must be finite; received ${vectors[bad]} in row ${Math.floor(bad / dim)}, column ${bad % dim}.`,
    );
  const { seed = 0, rounds = 100, starts = 3 } = options;
  const random = new Random(seed);
  let best: KMeans | undefined;
  for (let start = 0; start < starts; start++) {
    const found = settled(vectors, dim, firstCentroids(vectors, dim, count, random), rounds);
    if (best === undefined || found.spread < best.spread) best = found;
  }
  return best!;
}

/** Rows drawn one after the other, each with a chance that grows with its squared distance from those that were drawn. */
function firstCentroids(vectors: Float32Array, dim: number, count: number, random: Random): Float32Array {
  const rows = vectors.length / dim;
  const centroids = new Float32Array(count * dim);
  const nearest = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  let drawn = random.integer(rows);
  for (let c = 0; c < count; c++) {
    const own = vectors.subarray(drawn * dim, (drawn + 1) * dim);
    centroids.set(own, c * dim);
    const distances = squaredDistances(own, vectors, dim);
    let all = 0;
    for (let i = 0; i < rows; i++) {
      nearest[i] = Math.min(nearest[i]!, distances[i]!);
      all += nearest[i]!;
    }
    // Where every vector is drawn already, or equals one that is, any will do.
    drawn = all > 0 ? drawnBy(nearest, random.uniform() * all) : random.integer(rows);
  }
  return centroids;
}

/** The place at which the sum of weights reaches `sum`; the last one with a weight where rounding leaves it short. */
function drawnBy(weights: Float64Array, sum: number): number {
  let [left, last] = [sum, 0];
  for (const [i, weight] of weights.entries()) {
    if (weight === 0) continue;
    left -= weight;
    last = i;
    if (left <= 0) break;
  }
  return last;
}

/** Rows compared with the centroids at a time. */
const rowsAtOnce = 4096;

function settled(vectors: Float32Array, dim: number, centroids: Float32Array, rounds: number): KMeans {
  const rows = vectors.length / dim;
  const count = centroids.length / dim;
  const clusters = new Int32Array(rows).fill(-1);
  const own = new Float64Array(rows);
  for (let round = 0; ; round++) {
    let moved = 0;
    for (let from = 0; from < rows; from += rowsAtOnce) {
      const part = vectors.subarray(from * dim, Math.min(rows, from + rowsAtOnce) * dim);
      const distances = squaredDistances(part, centroids, dim);
      for (let i = 0; i < part.length / dim; i++) {
        let nearest = 0;
        for (let c = 1; c < count; c++) if (distances[i * count + c]! < distances[i * count + nearest]!) nearest = c;
        if (clusters[from + i] !== nearest) moved++;
        clusters[from + i] = nearest;
        own[from + i] = distances[i * count + nearest]!;
      }
    }
    if (moved === 0 || round === rounds) return { clusters, centroids, spread: own.reduce((sum, each) => sum + each, 0) };
    const sums = new Float64Array(count * dim);
    const sizes = new Int32Array(count);
    for (let i = 0; i < rows; i++) {
      sizes[clusters[i]!]!++;
      for (let k = 0; k < dim; k++) sums[clusters[i]! * dim + k]! += vectors[i * dim + k]!;
    }
    for (let c = 0; c < count; c++) {
      if (sizes[c]! > 0) for (let k = 0; k < dim; k++) centroids[c * dim + k] = sums[c * dim + k]! / sizes[c]!;
      else {
        // A cluster that lost all its rows takes the one that is farthest from its own centroid.
        const farthest = own.reduce((most, each, i) => (each > own[most]! ? i : most), 0);
        centroids.set(vectors.subarray(farthest * dim, (farthest + 1) * dim), c * dim);
        own[farthest] = 0;
      }
    }
  }
}
