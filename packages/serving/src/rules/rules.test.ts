import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clusters, cosine, row } from "../../test/clusters.js";
import fixture from "../../test/fixtures/scikit-learn.json" with { type: "json" };
import { defaultRules } from "../choose-rule.js";
import { centroids } from "./centroids.js";
import { nearest } from "./nearest.js";
import { shrunkCentroids } from "./shrunk-centroids.js";
import { leaveOneOutTemperature, vote, voteTemperatures } from "./vote.js";

const references = clusters(1);
const { vectors, dim, classes, classCount } = references;
const { vectors: queries } = clusters(2, { perClass: 2 });
const queryCount = queries.length / dim;

/** Cosines of query q with the references of class c. */
const cosinesOf = (q: number, c: number) =>
  [...classes.keys()].filter((i) => classes[i] === c).map((i) => cosine(row(queries, dim, q), row(vectors, dim, i)));

/** Rows of two numbers, made of length 1; a row of zeros points along the first axis. */
const unitRowsOf = (numbers: readonly number[]) =>
  Float32Array.from(numbers, (number, i) => {
    const [x, y] = [numbers[i - (i % 2)]!, numbers[i - (i % 2) + 1]!];
    return x === 0 && y === 0 ? 1 - (i % 2) : number / Math.hypot(x, y);
  });

describe("nearest", () => {
  it("scores a class by its nearest reference", () => {
    const scores = nearest().fit(references).scores(queries);
    for (let q = 0; q < queryCount; q++) {
      for (let c = 0; c < classCount; c++) expect(scores[q * classCount + c]).toBeCloseTo(Math.max(...cosinesOf(q, c)), 5);
    }
  });
});

describe("vote", () => {
  it("scores a class by the logarithm of its votes", () => {
    const scores = vote({ temperature: 0.07 }).fit(references).scores(queries);
    for (let q = 0; q < queryCount; q++) {
      for (let c = 0; c < classCount; c++) {
        const votes = cosinesOf(q, c).reduce((sum, s) => sum + Math.exp(s / 0.07), 0);
        expect(scores[q * classCount + c]).toBeCloseTo(Math.log(votes), 3);
      }
    }
  });

  it("chooses the temperature that leaving one out by hand finds likeliest", () => {
    for (const noise of [0.1, 0.2, 0.4, 0.6, 0.8, 1.2]) {
      const set = clusters(5, { noise });
      const likelihood = (temperature: number) =>
        [...set.classes.keys()].reduce((sum, i) => {
          const weights = [...set.classes.keys()].map((j) =>
            j === i ? 0 : Math.exp(cosine(row(set.vectors, set.dim, i), row(set.vectors, set.dim, j)) / temperature),
          );
          const own = weights.reduce((s, w, j) => s + (set.classes[j] === set.classes[i] ? w : 0), 0);
          return sum + Math.log(own / weights.reduce((s, w) => s + w, 0));
        }, 0);
      const likelihoods = voteTemperatures.map(likelihood);
      const chosen = voteTemperatures.indexOf(leaveOneOutTemperature(set));
      expect(likelihoods[chosen]).toBeCloseTo(Math.max(...likelihoods), 6);
    }
  });

  it("never takes a class with references for one without", () => {
    const far = { vectors: Float32Array.of(1, 0, -1, 0), dim: 2, classes: Int32Array.of(0, 1), classCount: 3 };
    const scores = vote({ temperature: 1e-3 }).fit(far).scores(Float32Array.of(1, 0));
    expect(scores[1]).toBeGreaterThan(Number.NEGATIVE_INFINITY);
    expect(scores[2]).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe("centroids", () => {
  it("scores a class by the cosine with the mean of its references", () => {
    const scores = centroids().fit(references).scores(queries);
    for (let c = 0; c < classCount; c++) {
      const mean = new Float32Array(dim);
      for (const i of classes.keys()) if (classes[i] === c) for (let k = 0; k < dim; k++) mean[k]! += vectors[i * dim + k]!;
      const length = Math.sqrt(cosine(mean, mean));
      for (let q = 0; q < queryCount; q++) {
        expect(scores[q * classCount + c]).toBeCloseTo(cosine(row(queries, dim, q), mean) / length, 5);
      }
    }
  });

  it("gives no direction to references that cancel out", () => {
    const opposed = { vectors: Float32Array.of(1, 0, -1, 0, 0, 1), dim: 2, classes: Int32Array.of(0, 0, 1), classCount: 2 };
    expect([...centroids().fit(opposed).scores(Float32Array.of(1, 0))]).toEqual([0, 0]);
  });
});

describe("shrunkCentroids", () => {
  it("shrinks and scores as scikit-learn's Ledoit–Wolf covariance does", () => {
    const set = {
      vectors: Float32Array.from(fixture.vectors),
      dim: fixture.dim,
      classes: Int32Array.from(fixture.classes),
      classCount: fixture.classCount,
    };
    const scorer = shrunkCentroids().fit(set);
    expect(scorer.fitted!.shrinkage).toBeCloseTo(fixture.shrunk.shrinkage, 4);
    const scores = scorer.scores(Float32Array.from(fixture.queries));
    expect(scores).toHaveLength(fixture.shrunk.scores.length);
    // scikit-learn's discriminants differ from ours by their mean over the classes, which decides nothing.
    for (const [i, score] of scores.entries()) {
      const own = fixture.shrunk.scores.slice(i - (i % set.classCount), i - (i % set.classCount) + set.classCount);
      expect(score).toBeCloseTo(fixture.shrunk.scores[i]! - own.reduce((sum, each) => sum + each, 0) / set.classCount, 3);
    }
  });

  it("is the centroid rule of distances where no class has two references", () => {
    const single = { vectors: Float32Array.of(1, 0, 0, 1), dim: 2, classes: Int32Array.of(0, 1), classCount: 2 };
    expect([...shrunkCentroids().fit(single).scores(Float32Array.of(1, 0))]).toEqual([0.5, -0.5]); // d² 0 and 2, 1 on average
  });

  it("never scores the nearest class below 0, so that on few references the shares of the answer can be read", () => {
    const tenths = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(tenths, tenths, fc.subarray([1, 2]), (numbers, more, second) => {
        const [few, q] = [unitRowsOf(numbers), unitRowsOf(more).subarray(0, 2)];
        const classes = Int32Array.from([0, 1, 2, 3], (c) => (second.includes(c) ? 0 : c));
        const set = { vectors: few, dim: 2, classes, classCount: 4 };
        const scorer = shrunkCentroids().fit(set);
        const scores = scorer.scores(q);
        const best = scores.indexOf(Math.max(...scores));
        const scale = Math.max(1, ...[...scores].filter(Number.isFinite).map(Math.abs));
        expect(scores[best]! / scale).toBeGreaterThan(-1e-4);
        const { amounts, total } = scorer.contributions(q, best);
        expect(total / scale).toBeCloseTo(scores[best]! / scale, 3);
        const own = [...amounts].filter((_, i) => classes[i] === best);
        if (own.length === 1) expect(own[0]! / scale).toBeGreaterThan(-1e-4);
      }),
    );
  });

  it("explains the answer of a single class, which is nearer than no other", () => {
    const one = { vectors: Float32Array.of(1, 0, 0.8, 0.6), dim: 2, classes: Int32Array.of(0, 0), classCount: 1 };
    const scorer = shrunkCentroids({ shrinkage: 1 }).fit(one);
    const { amounts, total } = scorer.contributions(Float32Array.of(1, 0), 0);
    expect(total).toBeCloseTo(scorer.scores(Float32Array.of(1, 0))[0]!, 4);
    for (const amount of amounts) expect(amount).toBeGreaterThan(0);
  });
});

describe.each(defaultRules().map((rule) => [rule.name, rule] as const))("%s", (name, rule) => {
  it("explains each score exactly: the amounts of the references sum to it", () => {
    const scorer = rule.fit(references);
    const scores = scorer.scores(queries);
    for (let q = 0; q < queryCount; q++) {
      for (let c = 0; c < classCount; c++) {
        const { amounts, total, unit } = scorer.contributions(row(queries, dim, q), c);
        const scale = Math.max(1, Math.abs(total));
        expect(amounts.reduce((sum, amount) => sum + amount, 0) / scale).toBeCloseTo(total / scale, 4);
        const own = scores[q * classCount + c]!;
        const all = row(scores, classCount, q).reduce((sum, score) => sum + Math.exp(score), 0);
        if (unit === "score") expect(total / scale).toBeCloseTo(own / scale, 4);
        else expect(total).toBeCloseTo(Math.exp(own) / all, 4);
      }
    }
  });

  it("scores by cosines that are given as by its own", () => {
    const scorer = rule.fit(references);
    const cosines = Float32Array.from({ length: queryCount * classes.length }, (_, at) =>
      cosine(row(queries, dim, Math.floor(at / classes.length)), row(vectors, dim, at % classes.length)),
    );
    const [own, given] = [scorer.scores(queries), scorer.scores(queries, cosines)];
    for (const [i, score] of own.entries()) expect(given[i]! - score).toBeCloseTo(0, 3);
  });

  it("does not depend on the order of references", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...classes.keys()], { minLength: classes.length }), (order) => {
        const shuffled = new Float32Array(vectors.length);
        for (const [k, i] of order.entries()) shuffled.set(row(vectors, dim, i), k * dim);
        const other = { ...references, vectors: shuffled, classes: Int32Array.from(order, (i) => classes[i]!) };
        const a = rule.fit(references).scores(queries);
        const b = rule.fit(other).scores(queries);
        const tolerance = name.startsWith("logistic") ? 0.15 : 1e-3 * Math.max(1, ...a.map(Math.abs)); // an iterative fit ends near its optimum
        for (const [i, score] of a.entries()) expect(Math.abs(score - b[i]!)).toBeLessThan(tolerance);
      }),
      { numRuns: 10 },
    );
  });

  it("gives −∞ to a class without references, which changes no other score", () => {
    const scores = rule.fit({ ...references, classCount: classCount + 1 }).scores(queries);
    const without = rule.fit(references).scores(queries);
    for (let q = 0; q < queryCount; q++) {
      expect(scores[q * (classCount + 1) + classCount]).toBe(Number.NEGATIVE_INFINITY);
      if (name.startsWith("logistic")) continue; // one class more to push off: an iterative fit takes another way to its optimum
      for (let c = 0; c < classCount; c++) expect(scores[q * (classCount + 1) + c]).toBeCloseTo(without[q * classCount + c]!, 3);
    }
  });
});
