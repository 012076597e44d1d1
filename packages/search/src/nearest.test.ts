import { Random } from "@quaterion/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type NearestOptions, nearest, type Similarity, similarities } from "./nearest.js";

function matrix(rows: number, dim: number, seed: string): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: rows * dim }, () => random.normal());
}

/** The similarity by definition, in float64. */
function similarityOf(kind: Similarity, a: Float32Array, b: Float32Array): number {
  const sum = (term: (i: number) => number) => a.reduce((total, _, i) => total + term(i), 0);
  const dot = sum((i) => a[i]! * b[i]!);
  if (kind === "dot") return dot;
  if (kind === "euclidean") return -Math.sqrt(sum((i) => (a[i]! - b[i]!) ** 2));
  const lengths = Math.sqrt(sum((i) => a[i]! ** 2)) * Math.sqrt(sum((i) => b[i]! ** 2));
  return lengths === 0 ? 0 : dot / lengths;
}

/** Checks neighbours against all similarities in float64: each is what it says, no row is missed that is better by more than rounding, order and ties hold. */
function expectNearest(
  queries: Float32Array,
  gallery: Float32Array,
  options: NearestOptions,
  allowed: (query: number, row: number) => boolean,
) {
  const { dim, k, similarity = "cosine" } = options;
  const rows = gallery.length / dim;
  const found = nearest(queries, gallery, options);
  for (let query = 0; query < queries.length / dim; query++) {
    const q = queries.subarray(query * dim, (query + 1) * dim);
    const exact = Array.from({ length: rows }, (_, row) => similarityOf(similarity, q, gallery.subarray(row * dim, (row + 1) * dim)));
    const candidates = exact.map((_, row) => row).filter((row) => allowed(query, row));
    const indices = [...found.indices.subarray(query * k, (query + 1) * k)];
    const values = [...found.similarities.subarray(query * k, (query + 1) * k)];
    const tolerance = 3e-6 * Math.max(1, ...exact.map(Math.abs));
    const hits = Math.min(k, candidates.length);
    expect(indices.slice(hits)).toEqual(Array(k - hits).fill(-1));
    expect(values.slice(hits)).toEqual(Array(k - hits).fill(Number.NEGATIVE_INFINITY));
    expect(new Set(indices.slice(0, hits)).size).toBe(hits);
    const best = candidates.map((row) => exact[row]!).sort((a, b) => b - a);
    for (let at = 0; at < hits; at++) {
      expect(candidates).toContain(indices[at]);
      expect(Math.abs(values[at]! - exact[indices[at]!]!)).toBeLessThan(tolerance);
      expect(Math.abs(values[at]! - best[at]!)).toBeLessThan(tolerance);
      if (at > 0) expect(values[at - 1]! > values[at]! || (values[at - 1] === values[at] && indices[at - 1]! < indices[at]!)).toBe(true);
    }
  }
}

describe("nearest", () => {
  it("finds what sorting all float64 similarities finds, for any shape, mask and exclusion", () => {
    const tenth = fc.integer({ min: -20, max: 20 }).map((v) => v / 10);
    const example = fc
      .record({
        dim: fc.integer({ min: 1, max: 5 }),
        queries: fc.integer({ min: 0, max: 6 }),
        rows: fc.integer({ min: 0, max: 12 }),
        k: fc.integer({ min: 1, max: 14 }),
        similarity: fc.constantFrom(...similarities),
      })
      .chain((shape) =>
        fc.record({
          ...{ shape: fc.constant(shape) },
          queries: fc.array(tenth, { minLength: shape.queries * shape.dim, maxLength: shape.queries * shape.dim }),
          gallery: fc.array(tenth, { minLength: shape.rows * shape.dim, maxLength: shape.rows * shape.dim }),
          mask: fc.array(fc.constantFrom(0, 1), { minLength: shape.rows, maxLength: shape.rows }),
          exclude: fc.array(fc.integer({ min: -1, max: 12 }), { minLength: shape.queries, maxLength: shape.queries }),
        }),
      );
    fc.assert(
      fc.property(example, ({ shape, queries, gallery, mask, exclude }) => {
        const { dim, k, similarity } = shape;
        const options = { dim, k, similarity, mask: Uint8Array.from(mask), exclude: Int32Array.from(exclude) };
        const allowed = (query: number, row: number) => mask[row] === 1 && exclude[query] !== row;
        expectNearest(Float32Array.from(queries), Float32Array.from(gallery), options, allowed);
      }),
      { numRuns: 200 },
    );
  });

  it.each(similarities)("finds them across blocks of queries and rows: %s", (similarity) => {
    const gallery = matrix(4200, 3, "gallery");
    expectNearest(matrix(515, 3, "queries").subarray(3 * 500), gallery, { dim: 3, k: 7, similarity }, () => true);
    const all = nearest(matrix(515, 3, "queries"), gallery, { dim: 3, k: 7, similarity });
    const last = nearest(matrix(515, 3, "queries").subarray(3 * 514), gallery, { dim: 3, k: 7, similarity });
    expect(all.indices.subarray(514 * 7)).toEqual(last.indices);
    expect(all.similarities.subarray(514 * 7)).toEqual(last.similarities);
  });

  it("puts the lower row first among equals, also when more are equal than there is room for", () => {
    const gallery = new Float32Array(5000 * 2).fill(1);
    const { indices, similarities: values } = nearest(new Float32Array([3, 3]), gallery, { dim: 2, k: 5 });
    expect([...indices]).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(values).size).toBe(1);
    gallery.set([2, 0], 4000 * 2);
    expect([...nearest(new Float32Array([1, 0]), gallery, { dim: 2, k: 3 }).indices]).toEqual([4000, 0, 1]);
  });

  it("leaves out the query itself by its row, not by its likeness", () => {
    const same = new Float32Array([1, 2, 1, 2, 3, -1]);
    const { indices } = nearest(same, same, { dim: 2, k: 1, exclude: "same-row" });
    expect([...indices.subarray(0, 2)]).toEqual([1, 0]);
    expect(() => nearest(same, same.subarray(2), { dim: 2, k: 1, exclude: "same-row" })).toThrow("3 queries and 2 gallery rows");
  });

  it("asks a mask function for each query", () => {
    const rows = matrix(9, 4, "rows");
    const mask = (query: number) => Uint8Array.from({ length: 9 }, (_, row) => ((query + row) % 3 === 0 ? 1 : 0));
    expectNearest(rows, rows, { dim: 4, k: 9, mask, exclude: "same-row" }, (query, row) => (query + row) % 3 === 0 && query !== row);
  });

  it("keeps cosines within [−1, 1], and takes a vector of length 0 for similar to nothing", () => {
    const rows = matrix(200, 7, "rows").fill(0, 0, 7);
    const { similarities: values, indices } = nearest(rows, rows, { dim: 7, k: 200 });
    expect(values.every((value) => value >= -1 && value <= 1)).toBe(true);
    expect(values.subarray(0, 200).every((value) => value === 0)).toBe(true);
    expect(indices[0]).toBe(0);
  });

  it("does not let vectors of great length overflow a cosine", () => {
    const rows = new Float32Array([1e30, 1e30, -2e30, 1e30]);
    const { similarities: values } = nearest(rows, rows, { dim: 2, k: 2 });
    expect(values[0]).toBeCloseTo(1, 6);
    expect(values[1]).toBeCloseTo(-1 / Math.sqrt(10), 6);
    expect(() => nearest(rows, rows, { dim: 2, k: 2, similarity: "dot" })).toThrow("overflows float32");
  });

  it.each(similarities)("names the row that holds NaN or infinity: %s", (similarity) => {
    const good = matrix(6, 3, "good");
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const broken = good.slice();
      broken[3 * 4 + 1] = bad;
      expect(() => nearest(broken, good, { dim: 3, k: 2, similarity })).toThrow("`queries` row 4 holds NaN or infinity");
      // With room for two, row 4 comes when the two best so far are known: it must not pass unseen then.
      if (Number.isNaN(bad)) expect(() => nearest(good, broken, { dim: 3, k: 2, similarity })).toThrow("`gallery` row 4");
      if (similarity !== "dot" || Number.isNaN(bad)) {
        const reach = { dim: 3, k: 6, similarity };
        expect(() => nearest(good, broken, reach)).toThrow("`gallery` row 4 holds NaN or infinity");
      }
    }
  });

  it("rejects shapes and options that do not fit", () => {
    const rows = new Float32Array(12);
    expect(() => nearest(rows, rows, { dim: 5, k: 1 })).toThrow("The length of `queries` must be a multiple of `dim`, 5");
    expect(() => nearest(rows, rows, { dim: 3, k: 0 })).toThrow("`nearest.k` must be a whole number of 1 or more");
    expect(() => nearest(rows, rows, { dim: 3 } as NearestOptions)).toThrow("`nearest.k` must be");
    expect(() => nearest(rows, rows, { dim: 3, k: 1, similarity: "cosin" as Similarity })).toThrow('Did you mean "cosine"');
    expect(() => nearest(rows, rows, { dim: 3, k: 1, mask: new Uint8Array(3) })).toThrow(
      "`nearest.mask` must be a Uint8Array of 4 numbers",
    );
    expect(() => nearest(rows, rows, { dim: 3, k: 1, exclude: new Int32Array(3) })).toThrow("an Int32Array of 4 gallery rows");
    expect(() => nearest(rows, rows, { dim: 3, k: 1, galleryNorms: new Float64Array(3) })).toThrow("`nearest.galleryNorms`");
    expect(() => nearest(rows, rows, { dim: 3, k: 1, excludes: 1 } as NearestOptions)).toThrow("Did you mean");
  });
});
