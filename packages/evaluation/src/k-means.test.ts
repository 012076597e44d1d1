import { Random } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { clusterAgreement } from "./cluster-agreement.js";
import { kMeans } from "./k-means.js";

/** Points about centres. */
function clouds(seed: number, { count = 5, each = 30, dim = 3, noise = 0.3 } = {}) {
  const random = new Random(seed);
  const centres = Float32Array.from({ length: count * dim }, () => 3 * random.normal());
  const labels = Int32Array.from({ length: count * each }, (_, i) => i % count);
  const vectors = Float32Array.from(
    { length: labels.length * dim },
    (_, i) => centres[labels[Math.floor(i / dim)]! * dim + (i % dim)]! + noise * random.normal(),
  );
  return { vectors, dim, labels };
}

describe("kMeans", () => {
  it("finds clusters that are apart, the same each time", () => {
    for (const seed of [1, 2, 3, 4]) {
      const { vectors, dim, labels } = clouds(seed);
      const found = kMeans(vectors, dim, 5, { starts: 10 });
      expect(clusterAgreement(labels, found.clusters).adjustedRandIndex).toBeGreaterThan(0.95);
      expect(kMeans(vectors, dim, 5, { starts: 10 })).toEqual(found);
    }
  });

  it("ends where each vector has the nearest centroid, each centroid is the mean of its vectors, and the spread is theirs", () => {
    const { vectors, dim } = clouds(7, { noise: 2 });
    const { clusters, centroids, spread } = kMeans(vectors, dim, 6);
    const distance = (i: number, c: number) =>
      Array.from({ length: dim }, (_, k) => (vectors[i * dim + k]! - centroids[c * dim + k]!) ** 2).reduce((sum, each) => sum + each, 0);
    let all = 0;
    for (const [i, own] of clusters.entries()) {
      for (let c = 0; c < 6; c++) expect(distance(i, own)).toBeLessThanOrEqual(distance(i, c) + 1e-4);
      all += distance(i, own);
    }
    expect(all / spread).toBeCloseTo(1, 5);
    for (let c = 0; c < 6; c++) {
      const rows = [...clusters.keys()].filter((i) => clusters[i] === c);
      expect(rows.length).toBeGreaterThan(0);
      for (let k = 0; k < dim; k++)
        expect(rows.reduce((sum, i) => sum + vectors[i * dim + k]!, 0) / rows.length).toBeCloseTo(centroids[c * dim + k]!, 4);
    }
  });

  it("spreads less, the more often it begins and the more clusters there are; as many as vectors leave nothing", () => {
    const { vectors, dim } = clouds(9, { count: 12, each: 4, noise: 1 });
    const spread = (count: number, starts: number) => kMeans(vectors, dim, count, { starts }).spread;
    expect(spread(12, 8)).toBeLessThanOrEqual(spread(12, 1));
    expect(spread(20, 3)).toBeLessThan(spread(5, 3));
    expect(spread(48, 1)).toBe(0);
  });

  it("begins far from every centroid that was drawn, not from the last alone: one start nearly always finds clusters that lie far apart", () => {
    const { vectors, dim, labels } = clouds(11, { count: 12, each: 10, dim: 8, noise: 0.02 });
    const seeds = Array.from({ length: 40 }, (_, seed) => kMeans(vectors, dim, 12, { seed, starts: 1 }).clusters);
    const found = seeds.filter((clusters) => clusterAgreement(labels, clusters).adjustedRandIndex > 0.999).length;
    expect(found).toBeGreaterThan(30);
  });

  it("takes vectors that are all alike", () => {
    const { clusters, spread } = kMeans(new Float32Array(20).fill(1), 2, 3);
    expect(spread).toBe(0);
    expect(clusters).toHaveLength(10);
  });

  it("refuses too few vectors, and NaN, in words", () => {
    expect(() => kMeans(new Float32Array(4), 2, 3)).toThrow("3 rows of 2 numbers or more; received 4 numbers");
    expect(() => kMeans(Float32Array.of(1, 2, 3, Number.NaN), 2, 2)).toThrow("received NaN in row 1, column 1");
    expect(() => kMeans(new Float32Array(4), 2, 1, { start: 3 } as object)).toThrow('Did you mean "starts"');
  });
});
