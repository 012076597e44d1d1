import { Random, type Relations } from "@quaterion/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  averagePrecision,
  evaluateRetrieval,
  hitRateAtK,
  labelRelevance,
  meanAveragePrecisionAtR,
  meanReciprocalRank,
  nDCG,
  precisionAtK,
  rankingOf,
  rankings,
  recallAtK,
  relationRelevance,
  rPrecision,
} from "./index.js";

const every = [
  recallAtK(1000),
  hitRateAtK(1),
  precisionAtK(1),
  meanReciprocalRank(),
  meanAveragePrecisionAtR(),
  rPrecision(),
  averagePrecision(),
  averagePrecision(5, "found"),
  averagePrecision(5, "reachable"),
  nDCG(),
  nDCG(3),
];

/** Rows around `classes` corners, `spread` apart from them, and their classes. */
function clusters(rows: number, classes: number, spread: number, seed: number) {
  const random = new Random(seed);
  const labels = Array.from({ length: rows }, (_, row) => row % classes);
  const vectors = Float32Array.from(
    { length: rows * 8 },
    (_, at) => (labels[Math.floor(at / 8)] === at % 8 ? 1 : 0) + spread * random.normal(),
  );
  return { vectors, labels };
}

describe("rankings", () => {
  it("counts ranks over known items only, as sorting them does", () => {
    const example = fc
      .integer({ min: 0, max: 12 })
      .chain((size) =>
        fc.tuple(
          fc.array(fc.integer({ min: -3, max: 3 }), { minLength: size, maxLength: size }),
          fc.array(fc.constantFrom(-1, 0, 1), { minLength: size, maxLength: size }),
        ),
      );
    fc.assert(
      fc.property(example, ([similarities, relevance]) => {
        const order = similarities
          .map((similarity, row) => ({ similarity, row }))
          .filter(({ row }) => relevance[row] !== 0)
          .sort((a, b) => b.similarity - a.similarity || a.row - b.row);
        const expected = order.flatMap(({ row }, at) => (relevance[row] === 1 ? [at + 1] : []));
        const ranking = rankingOf(Float32Array.from(similarities), Int8Array.from(relevance));
        expect([...ranking.ranks]).toEqual(expected);
        expect(ranking.known).toBe(order.length);
      }),
    );
  });

  it("gives a perfect model 1 in every metric", () => {
    const { vectors, labels } = clusters(60, 4, 0.01, 1);
    const ranked = rankings(vectors, vectors, { dim: 8, relevance: labelRelevance(labels, labels), exclude: "same-row" });
    const { metrics } = evaluateRetrieval(ranked, every);
    for (const [name, { value, low, high }] of Object.entries(metrics)) expect([value, low, high], name).toEqual([1, 1, 1]);
  });

  it("gives a random model the share of relevant items in precision", () => {
    const random = new Random(3);
    const vectors = Float32Array.from({ length: 400 * 4 }, () => random.normal());
    const labels = Array.from({ length: 400 }, (_, row) => row % 4);
    const ranked = rankings(vectors, vectors, { dim: 4, relevance: labelRelevance(labels, labels), exclude: "same-row" });
    const { metrics } = evaluateRetrieval(ranked, [precisionAtK(10), rPrecision()]);
    // 99 of the 399 others are relevant.
    for (const { value } of Object.values(metrics)) expect(Math.abs(value - 99 / 399)).toBeLessThan(0.03);
  });

  it("does not depend on the order of queries or of the gallery", () => {
    const { vectors, labels } = clusters(300, 5, 0.8, 2);
    const order = new Random(7).shuffle(Array.from({ length: 300 }, (_, row) => row));
    const mixed = Float32Array.from(order.flatMap((row) => [...vectors.subarray(row * 8, row * 8 + 8)]));
    const mixedLabels = order.map((row) => labels[row]!);
    const means = (data: Float32Array, names: number[]) => {
      const ranked = rankings(data, data, { dim: 8, relevance: labelRelevance(names, names), exclude: "same-row" });
      return evaluateRetrieval(ranked, every).metrics;
    };
    const a = means(vectors, labels);
    const b = means(mixed, mixedLabels);
    for (const name of Object.keys(a)) expect(b[name]!.value, name).toBeCloseTo(a[name]!.value, 10);
  });

  it("leaves unknown pairs out, and the query itself by its row and not by its likeness", () => {
    // Row 1 is unknown to row 0; row 2 equals row 0 and is similar to it; row 3 is dissimilar.
    const table = [0, 0, 1, -1];
    const relations: Relations = {
      of: () => 0,
      block: (rows, columns) => Int8Array.from(columns, (column) => (rows[0] === 0 ? table[column]! : 0)),
      declarations: {},
      toJSON: () => null,
    };
    const vectors = Float32Array.of(1, 0, 1, 0.1, 1, 0, 0, 1);
    const rows = Uint32Array.of(0, 1, 2, 3);
    const [first, second] = [...rankings(vectors, vectors, { dim: 2, relevance: relationRelevance(relations, rows, rows) })];
    expect(first).toEqual({ ranks: Uint32Array.of(1), known: 2 });
    expect(second).toEqual({ ranks: new Uint32Array(0), known: 0 });
  });

  it("skips queries without a relevant item, says how many, and refuses when there is no other", () => {
    const vectors = Float32Array.of(1, 2, 3);
    const ranked = (labels: string[]) =>
      rankings(vectors, vectors, { dim: 1, relevance: labelRelevance(labels, labels), exclude: "same-row" });
    expect(evaluateRetrieval(ranked(["a", "a", "b"]), every)).toMatchObject({ skipped: 1, metrics: { MRR: { n: 2 } } });
    expect(() => evaluateRetrieval(ranked(["a", "b", "c"]), every)).toThrow("None of the 3 queries has a relevant item");
  });

  it("rejects what does not fit", () => {
    const vectors = new Float32Array(4);
    const relevance = labelRelevance([1, 2], [1, 2]);
    expect(() => rankings(vectors, vectors, { dim: 3, relevance })).toThrow(
      /`queries` must be a Float32Array of rows × 3 numbers; received \d numbers/,
    );
    expect(() => rankings(vectors, [1] as never, { dim: 2, relevance })).toThrow(
      "`gallery` must be a Float32Array of rows × 2 numbers; received an array",
    );
    // At once, not when they are read.
    expect(() => rankings(vectors, vectors, { dims: 2 } as never)).toThrow('Did you mean "dim"');
    expect(() => rankings(vectors, vectors, undefined as never)).toThrow("`rankings.dim` must be");
    expect(() => evaluateRetrieval({} as never, every)).toThrow("`rankings` must be rankings");
    expect(() => evaluateRetrieval([], recallAtK(1) as never)).toThrow("`metrics` must be an array of metrics");
    expect(() => evaluateRetrieval([], ["recall"] as never)).toThrow(
      '`metrics[0]` must be a metric, such as recallAtK(1); received "recall"',
    );
    expect(() => [...rankings(vectors, vectors.subarray(2), { dim: 2, relevance, exclude: "same-row" })]).toThrow("`rankings.exclude`");
    expect(() => rankings(vectors, vectors, { dim: 2, relevance, exclude: "samerow" as never })).toThrow('received "samerow"');
    expect(() => [...rankings(vectors, vectors, { dim: 1, relevance })]).toThrow("Labels must be as many as vectors");
    expect(() => rankings(vectors, vectors, { dim: 2, relevance: labelRelevance([1, 2, 1], [1, 2]) })).toThrow(
      "`rankings.relevance` must know of as many queries as there are: it has 3, and `queries` holds 2 rows.",
    );
    expect(() => [...rankings(Float32Array.of(Number.NaN, 1), vectors, { dim: 2, relevance: labelRelevance([1], [1, 2]) })]).toThrow("NaN");
    expect(() => recallAtK(0)).toThrow("`k` must be");
    expect(() => averagePrecision(5, "fond" as never)).toThrow('Did you mean "found"');
  });

  it("can be gone through again", () => {
    const vectors = Float32Array.of(1, 0, 0.9, 0.1, 0, 1, 0.1, 0.9);
    const ranked = rankings(vectors, vectors, { dim: 2, relevance: labelRelevance([1, 1, 2, 2], [1, 1, 2, 2]), exclude: "same-row" });
    const first = evaluateRetrieval(ranked, every);
    expect(evaluateRetrieval(ranked, every)).toEqual(first);
  });

  it("has each metric under its name, which the compiler knows", () => {
    const vectors = Float32Array.of(1, 0, 0.9, 0.1, 0, 1, 0.1, 0.9);
    const relevance = labelRelevance([1, 1, 2, 2], [1, 1, 2, 2]);
    const k: number = 2;
    const given = [recallAtK(1), nDCG(3), averagePrecision(), averagePrecision(2, "found"), meanReciprocalRank(), hitRateAtK(k)] as const;
    const { metrics, perQuery } = evaluateRetrieval(rankings(vectors, vectors, { dim: 2, relevance, exclude: "same-row" }), given);
    // No `!` where the name is known: what may be undefined would not pass the type check here.
    const sure = [
      metrics["recall@1"].value,
      metrics["nDCG@3"].value,
      metrics.MAP.value,
      metrics["MAP@2 (by found)"].value,
      metrics.MRR.value,
    ];
    expect(sure).toEqual([1, 1, 1, 1, 1]);
    expect(perQuery["recall@1"].length).toBe(4);
    // @ts-expect-error: no metric of this name is known to be there
    expect(() => metrics["recall@3"].value).toThrow(TypeError);
    expect(metrics["hit rate@2"]?.value).toBe(1);
  });
});
