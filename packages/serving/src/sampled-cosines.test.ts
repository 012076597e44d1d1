import { describe, expect, it } from "vitest";
import { clusters, cosine, row } from "../test/clusters.js";
import { sampledCosines } from "./sampled-cosines.js";

describe("sampledCosines", () => {
  const { vectors, dim } = clusters(21, { perClass: 40 });
  const count = vectors.length / dim;

  it("gives each row's cosines with all rows, over more than one block", () => {
    const seen = [...sampledCosines(vectors, dim, count)].map(([i, cosines]) => {
      expect(cosines).toHaveLength(count);
      for (const j of [0, 1, i, count - 1]) expect(cosines[j]).toBeCloseTo(cosine(row(vectors, dim, i), row(vectors, dim, j)), 5);
      return i;
    });
    expect(count).toBeGreaterThan(64);
    expect(seen).toEqual([...Array(count).keys()]);
  });

  it("spreads its sample evenly, and never takes more than it may", () => {
    expect([...sampledCosines(vectors, dim, 4)].map(([i]) => i)).toEqual([0, count / 4, count / 2, (3 * count) / 4]);
    for (const most of [1, 7, 50, count - 1]) expect([...sampledCosines(vectors, dim, most)]).toHaveLength(most);
  });
});
