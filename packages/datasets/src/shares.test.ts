import { type Batch, type BatchShares, Random } from "@quaterion/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { combine } from "./combine.js";
import { labeled } from "./labeled.js";
import { pairs } from "./pairs.js";
import { shareOf, sharesByPart } from "./shares.js";
import { rowsWithLabels, subset } from "./subset.js";

const set = (name: string, rows: number, labels = 4) =>
  labeled(
    Array.from({ length: rows }, (_, i) => ({ text: `${name} ${i}`, label: `l${i % labels}` })),
    { value: "text", label: "label" },
  );
const given = (name: string, count: number) =>
  pairs(
    Array.from({ length: count }, (_, i) => ({ a: `${name} a ${i}`, b: `${name} b ${i}` })),
    { a: "a", b: "b" },
  );

/** How often each source comes among many batches. */
const countsOf = (data: ReturnType<typeof combine>, shares?: BatchShares, batches = 3000) => {
  const sampler = data.sampler({ policy: "separate", labelsPerBatch: 2, samplesPerLabel: 2, random: new Random(7), shares });
  const counts: Record<string, number> = {};
  const nameOf = (batch: Batch) => batch.space ?? `pairs of ${String(data.values[batch.rows[0]!]).split(" ")[0]}`;
  for (let i = 0; i < batches; i++) {
    const name = nameOf(sampler.next());
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};
/** Within four standard deviations of a binomial draw. */
const expectShare = (count: number | undefined, share: number, of = 3000) =>
  expect(Math.abs((count ?? 0) - share * of)).toBeLessThan(4 * Math.sqrt(of * share * (1 - share)));

describe("shares of batches", () => {
  const parts = { large: set("large", 900), small: set("small", 100) };

  it.each<[BatchShares | undefined, number]>([
    [undefined, 0.75],
    ["squareRoot", 0.75],
    ["proportional", 0.9],
    ["equal", 0.5],
    [{ temperature: 1 }, 0.9],
    [{ temperature: Number.POSITIVE_INFINITY }, 0.5],
    [{ temperature: 4 }, 900 ** 0.25 / (900 ** 0.25 + 100 ** 0.25)],
  ])("are rows to the power of 1 / temperature: %j", (shares, share) => {
    expectShare(countsOf(combine(parts), shares)["large"], share);
    expectShare(countsOf(combine(parts, { shares }))["large"], share);
  });

  it("are a pair's two rows for given pairs", () => {
    const counts = countsOf(combine({ large: set("large", 300), given: given("given", 50) }), "proportional");
    expectShare(counts["pairs of given"], 0.25);
  });

  it("are the numbers given for parts, whatever their rows, label spaces and pairs", () => {
    const rows = Array.from({ length: 60 }, (_, i) => ({ text: `two ${i}`, a: `a${i % 3}`, b: `b${i % 4}` }));
    const two = labeled(rows, { value: "text", label: { a: "a", b: "b" } });
    const both = combine({ of: set("both", 90), and: given("both", 20) });
    const data = combine({ large: set("large", 900), two, both }, { shares: { parts: { large: 1, two: 2, both: 5 } } });
    const counts = countsOf(data);
    expectShare(counts["large"], 1 / 8);
    expectShare(counts["two.a"]! + counts["two.b"]!, 2 / 8);
    expectShare((counts["both"] ?? 0) + counts["pairs of both"]!, 5 / 8);
  });

  it("decide the spaces of labels in mixed batches, too", () => {
    const data = combine(parts, { shares: { parts: { small: 3 } } });
    const sampler = data.sampler({ policy: "distinct", labelsPerBatch: 10, samplesPerLabel: 2, random: new Random(3) });
    let small = 0;
    for (let i = 0; i < 300; i++) for (const row of sampler.next().rows) if (row >= 900) small++;
    // A batch of ten labels draws each from "small" with a chance of 3/4, which has rows enough for all.
    expectShare(small / 2, 3 / 4, 3000);
  });

  it("stay with the data's subsets", () => {
    const data = combine(parts, { shares: "equal" });
    expect(subset(data, rowsWithLabels(data, ["large/l0", "large/l1", "small/l0", "small/l1"])).sampling).toEqual({ shares: "equal" });
  });

  it("divide each part's share among its sources, and give nothing to sources of no part", () => {
    const source = fc.tuple(fc.constantFrom("a", "b", "c", "x"), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(fc.array(source, { maxLength: 8 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (sources, p, q) => {
        const weights = sharesByPart(sources, { p: { share: p, of: ["a", "b"] }, q: { share: q, of: ["c"] } });
        const sum = (names: string) => weights.reduce((total, weight, i) => total + (names.includes(sources[i]![0]) ? weight : 0), 0);
        for (const [names, share] of [
          ["ab", p],
          ["c", q],
          ["x", 0],
        ] as const) {
          const present = sources.some(([name]) => names.includes(name));
          expect(sum(names)).toBeCloseTo(present ? share : 0, 9);
        }
      }),
    );
    expect(shareOf(81, { temperature: 4 })).toBeCloseTo(3, 12);
  });

  it.each([
    [{ shares: "propotional" }, /`combine.shares` must be "proportional".*received "propotional". Did you mean "proportional"/],
    [{ shares: { temperature: 0.5 } }, /temperature: 1 or more.*received a temperature of 0.5/],
    [{ shares: { temperature: Number.NaN } }, /received a temperature of NaN/],
    [{ shares: { parts: { large: 0 } } }, /`combine.shares.parts.large` must be a finite number above 0/],
    [{ shares: { parts: { lagre: 1 } } }, /`combine` has no part "lagre". Did you mean "large"/],
    [{ weights: { large: -1 } }, /`combine.weights.large` must be a finite number above 0/],
    [{ weights: { smal: 2 } }, /`combine` has no part "smal". Did you mean "small"/],
    [{ weights: 2 }, /`combine.weights` must be an object of numbers by part/],
  ])("refuses %j", (options, message) => {
    expect(() => combine(parts, options as object)).toThrow(message);
  });
});

describe("weights of parts", () => {
  it("are the rows' weights, times those the part had, and stay with subsets", () => {
    const inner = combine({ a: set("a", 8), b: set("b", 8) }, { weights: { b: 0.5 } });
    const data = combine({ inner, c: set("c", 8) }, { weights: { inner: 4 } });
    expect([...data.weights!]).toEqual([...Array(8).fill(4), ...Array(8).fill(2), ...Array(8).fill(1)]);
    expect([...subset(data, [20, 0, 12]).weights!]).toEqual([1, 4, 2]);
    expect(combine({ c: set("c", 8) }, { weights: { c: 1 } }).weights).toBeUndefined();
  });
});
