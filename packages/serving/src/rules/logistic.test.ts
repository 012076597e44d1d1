import { innerProducts } from "@quaterion/search";
import { describe, expect, it } from "vitest";
import { clusters, paddedTo, row } from "../../test/clusters.js";
import fixture from "../../test/fixtures/scikit-learn.json" with { type: "json" };
import { probabilities } from "../calibration.js";
import { logistic } from "./logistic.js";

const { dim, classCount } = fixture;
const vectors = Float32Array.from(fixture.vectors);
const classes = Int32Array.from(fixture.classes);
const queries = Float32Array.from(fixture.queries);
const references = { vectors, dim, classes, classCount };

describe("logistic", () => {
  it.each(fixture.fits)("reaches the optimum of scikit-learn's LogisticRegression at C = $strength", (fit) => {
    const scores = logistic({ strength: fit.strength, tolerance: 1e-7 }).fit(references).scores(queries);
    expect(scores).toHaveLength(fit.scores.length);
    for (const [i, score] of scores.entries()) expect(Math.abs(score - fit.scores[i]!)).toBeLessThan(0.01);
    for (let q = 0; q < queries.length / dim; q++) {
      const found = probabilities(row(scores, classCount, q), 1);
      for (const [c, probability] of found.entries())
        expect(Math.abs(probability - fit.probabilities[q * classCount + c]!)).toBeLessThan(0.002);
    }
  });

  it("comes near the optimum at the default tolerance", () => {
    const { strength, scores: optimal } = fixture.fits[1]!;
    const scores = logistic({ strength }).fit(references).scores(queries);
    for (const [i, score] of scores.entries()) expect(Math.abs(score - optimal[i]!)).toBeLessThan(0.25);
  });

  it("ends at once when it starts from its own end, with the same scores", () => {
    const first = logistic().fit(references);
    const second = logistic().fit(references, { start: first.start });
    expect(second.fitted?.iterations).toBe(0);
    expect(second.scores(queries)).toEqual(first.scores(queries));
  });

  it("takes fewer steps from the end of a fit with one reference less", () => {
    const less = { ...references, vectors: vectors.subarray(dim), classes: classes.subarray(1) };
    const { start } = logistic().fit(less);
    expect(logistic().fit(references, { start }).fitted!.iterations!).toBeLessThan(logistic().fit(references).fitted!.iterations!);
  });

  it("does not know of classes without references", () => {
    const plain = logistic().fit(references).scores(queries);
    const gap = Int32Array.from(classes, (c) => (c >= 2 ? c + 1 : c)); // class 2 is nobody's
    const wide = logistic()
      .fit({ ...references, classes: gap, classCount: classCount + 1 })
      .scores(queries);
    for (let q = 0; q < queries.length / dim; q++) {
      const found = [...row(wide, classCount + 1, q)];
      expect(found[2]).toBe(Number.NEGATIVE_INFINITY);
      expect(found.filter((_, c) => c !== 2)).toEqual([...row(plain, classCount, q)]);
    }
  });

  it("is the same fit in the space of the references, where these are fewer than dimensions", () => {
    // The same points with zeros after them: n ≥ dim for one, n < dim for the other.
    const wide = clusters(4, { noise: 0.7 });
    const padded = paddedTo(64, wide);
    expect(wide.classes.length).toBeGreaterThanOrEqual(wide.dim);
    expect(wide.classes.length).toBeLessThan(64);
    const { vectors: asked } = clusters(5, { perClass: 3, noise: 0.7 });
    for (const rough of [false, true]) {
      const [plain, other] = [logistic().fit(wide, { rough }), logistic().fit(padded, { rough })];
      const expected = plain.scores(asked);
      const found = other.scores(paddedTo(64, { vectors: asked, dim: wide.dim }).vectors);
      for (const [i, score] of expected.entries()) expect(Math.abs(found[i]! - score)).toBeLessThan(2e-3);
      expect(other.fitted).toEqual(plain.fitted);
    }
    const gram = innerProducts(padded.vectors, padded.vectors, 64);
    const query = paddedTo(64, { vectors: asked, dim: wide.dim }).vectors;
    expect(
      logistic()
        .fit({ ...padded, gram })
        .scores(query),
    ).toEqual(logistic().fit(padded).scores(query));
    // Begun where it ended it gives the same bits, as a saved set must.
    const first = logistic().fit(padded);
    const again = logistic().fit(padded, { start: first.start });
    expect(again.fitted?.iterations).toBe(0);
    expect(again.scores(query)).toEqual(first.scores(query));
  });

  it("hardly depends on its strength where classes are apart", () => {
    const apart = clusters(3, { noise: 0.1, dim: 12 });
    const answers = [5, 30, 300].map((strength) => {
      const scores = logistic({ strength }).fit(apart).scores(apart.vectors);
      return Int32Array.from(apart.classes, (_, i) =>
        row(scores, apart.classCount, i).reduce((best, s, c, all) => (s > all[best]! ? c : best), 0),
      );
    });
    for (const answer of answers) expect(answer).toEqual(apart.classes);
  });

  it("refuses options that are none", () => {
    expect(() => logistic({ strength: 0 })).toThrow("`logistic.strength` must be a finite number above 0; received 0");
    expect(() => logistic({ strenght: 3 } as object)).toThrow('Did you mean "strength"?');
  });
});
