import { describe, expect, it } from "vitest";
import { clusters, cosine, row } from "../test/clusters.js";
import { neverAsked } from "./reference-folds.js";
import { refusalThreshold } from "./refusal.js";

describe("refusalThreshold", () => {
  it("refuses about the promised share of known inputs", () => {
    for (const promised of [0.02, 0.05, 0.2]) {
      let refused = 0;
      let inputs = 0;
      for (let seed = 1; seed <= 20; seed++) {
        // The same centres: the first 25 of each class are references, the others inputs.
        const { vectors, dim, classes, classCount } = clusters(seed, { perClass: 50, noise: 0.8 });
        const n = classes.length / 2;
        const references = { vectors: vectors.subarray(0, n * dim), dim, classes: classes.subarray(0, n), classCount };
        const threshold = refusalThreshold(references, promised);
        for (let q = n; q < classes.length; q++) {
          const similarities = Array.from({ length: n }, (_, i) => cosine(row(vectors, dim, q), row(vectors, dim, i)));
          if (Math.max(...similarities) < threshold) refused++;
          inputs++;
        }
      }
      // 2,000 inputs: three standard errors, and a little for the leaving out
      expect(Math.abs(refused / inputs - promised)).toBeLessThan(3 * Math.sqrt((promised * (1 - promised)) / inputs) + 0.005);
    }
  });

  it("promises nothing where references are too few", () => {
    expect(refusalThreshold(clusters(1, { perClass: 2 }), 0.05)).toBe(Number.NEGATIVE_INFINITY);
  });

  it("does not ask what only refers, and lets others be near to it", () => {
    const vectors = Float32Array.of(1, 0, 0.8, 0.6, -1, 0);
    const set = { vectors, dim: 2, classes: Int32Array.of(0, 0, 1), classCount: 2 };
    expect(refusalThreshold(set, 1, Int32Array.of(neverAsked, 1, neverAsked))).toBeCloseTo(0.8, 6);
    // Asked as well, the third row has its nearest at −0.8.
    expect(refusalThreshold(set, 0.25, Int32Array.of(0, 1, 2))).toBeCloseTo(-0.8, 6);
    expect(refusalThreshold(set, 0.25, Int32Array.of(0, 1, neverAsked))).toBe(Number.NEGATIVE_INFINITY);
  });

  it("does not take a reference for its own neighbour when it has two labels", () => {
    const vectors = Float32Array.of(1, 0, 1, 0, 0, 1);
    const set = { vectors, dim: 2, classes: Int32Array.of(0, 1, 2), classCount: 3 };
    expect(refusalThreshold(set, 1, Int32Array.of(0, 0, 1))).toBeCloseTo(0, 6);
  });
});
