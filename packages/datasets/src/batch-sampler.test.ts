import { type Batch, type LabelPolicy, labelPolicies, Random, type SamplerOptions, type TrainingData } from "@quaterion/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { combine } from "./combine.js";
import { labeled } from "./labeled.js";
import { pairs } from "./pairs.js";
import { scored } from "./scored.js";
import { triplets } from "./triplets.js";

const options = (more: Partial<SamplerOptions> = {}): SamplerOptions => ({
  policy: "schedule",
  labelsPerBatch: 4,
  samplesPerLabel: 2,
  random: new Random(1),
  ...more,
});
/** `counts[l]` samples of label l; every `twins`-th text is the same in all labels. */
const set = (name: string, counts: readonly number[], twins = 0) =>
  labeled(
    counts.flatMap((count, l) =>
      Array.from({ length: count }, (_, i) => ({
        text: twins > 0 && i % twins === 0 ? `shared ${i}` : `${name} ${l} ${i}`,
        label: `l${l}`,
      })),
    ),
    { value: "text", label: "label" },
  );
const take = (data: TrainingData<unknown>, more: Partial<SamplerOptions>, count: number) => {
  const sampler = data.sampler(options(more));
  return Array.from({ length: count }, () => sampler.next());
};
const textsOf = (data: TrainingData<unknown>, batch: Batch) => [...batch.rows, ...(batch.candidates ?? [])].map((row) => data.values[row]);

const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 3, maxLength: 7 });
const drawn = fc.record({
  a: sizes,
  b: sizes,
  twins: fc.integer({ min: 0, max: 3 }),
  policy: fc.constantFrom(...labelPolicies),
  labelsPerBatch: fc.integer({ min: 2, max: 5 }),
  samplesPerLabel: fc.integer({ min: 2, max: 4 }),
  seed: fc.nat(100),
});
const dataOf = ({ a, b, twins }: { a: number[]; b: number[]; twins: number }) =>
  combine({ a: set("a", [...a, 2, 3], twins), b: set("b", [...b, 2, 3], twins) });

describe("batchSampler", () => {
  it("never puts two samples of equal value into a batch, whatever the data", () => {
    fc.assert(
      fc.property(drawn, ({ seed, policy, labelsPerBatch, samplesPerLabel, ...counts }) => {
        const data = dataOf(counts);
        for (const batch of take(data, { policy, labelsPerBatch, samplesPerLabel, random: new Random(seed) }, 20)) {
          const texts = textsOf(data, batch);
          expect(new Set(texts).size).toBe(texts.length);
        }
      }),
    );
  });

  it("gives every batch of a source the same size", () => {
    fc.assert(
      fc.property(drawn, ({ seed, policy, labelsPerBatch, samplesPerLabel, ...counts }) => {
        const data = dataOf(counts);
        const lengths = new Map<string, Set<number>>();
        for (const batch of take(data, { policy, labelsPerBatch, samplesPerLabel, random: new Random(seed) }, 20)) {
          const source = batch.space ?? "mixed";
          lengths.set(source, (lengths.get(source) ?? new Set()).add(batch.rows.length));
          const own = data.values.filter((_, row) => batch.space === undefined || data.labelsOf(row)[0]!.startsWith(`${batch.space}/`));
          expect(batch.rows.length).toBe(Math.min(labelsPerBatch * samplesPerLabel, new Set(own).size));
        }
        for (const each of lengths.values()) expect(each.size).toBe(1);
      }),
    );
  });

  it("continues from a stored state, at any batch, with exactly the batches it would have drawn", () => {
    fc.assert(
      fc.property(drawn, fc.nat(12), ({ seed, policy, labelsPerBatch, samplesPerLabel, ...counts }, at) => {
        const data = combine({
          labels: dataOf(counts),
          given: pairs(
            [
              { a: "x", b: "y" },
              { a: "z", b: "w" },
              { a: "x", b: "v" },
            ],
            { a: "a", b: "b" },
          ),
        });
        const make = () => data.sampler(options({ policy, labelsPerBatch, samplesPerLabel, random: new Random(seed) }));
        const whole = make();
        for (let i = 0; i < at; i++) whole.next();
        const state = JSON.parse(JSON.stringify(whole.state()));
        const resumed = make();
        resumed.next(); // whatever was drawn before must not matter
        resumed.restore(state);
        for (let i = 0; i < 15; i++) expect(resumed.next()).toEqual(whole.next());
      }),
    );
  });

  it("is decided by the seed, and by nothing but it", () => {
    const data = dataOf({ a: [5, 5, 5], b: [4, 4, 4], twins: 2 });
    expect(take(data, {}, 30)).toEqual(take(data, {}, 30));
    expect(take(data, { random: new Random(2) }, 30)).not.toEqual(take(data, {}, 30));
  });

  it("draws every sample before any comes again, when labels are of one size and no values are shared", () => {
    const data = set("a", [6, 6, 6, 6]);
    const sampler = data.sampler(options());
    expect(sampler.batchesPerEpoch).toBe(3);
    for (let epoch = 0; epoch < 4; epoch++) {
      const rows = Array.from({ length: 3 }, () => [...sampler.next().rows]).flat();
      expect(new Set(rows).size).toBe(24);
    }
  });

  it("defers a sample whose value is in the batch, and drops none", () => {
    const data = set("a", [3, 3, 3, 3], 3); // each label's first text is "shared 0"
    const seen = new Set(take(data, { labelsPerBatch: 2 }, 40).flatMap((batch) => [...batch.rows]));
    expect(seen.size).toBe(12);
  });

  it("lets a deferred sample come at its label's next draw, so that none is drawn less than others", () => {
    const data = set("a", [6, 6], 6); // each label's first text is "shared 0"
    const counts = new Uint32Array(12);
    for (const batch of take(data, { labelsPerBatch: 2 }, 300)) for (const row of batch.rows) counts[row]!++;
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThanOrEqual(3); // 300 batches × 4 rows / 12
  });

  it("draws every pair equally often, those that share a text as well", () => {
    const rows = Array.from({ length: 20 }, (_, i) => ({ q: i < 4 ? "shared" : `q${i}`, a: `a${i}` }));
    const data = pairs(rows, { a: "q", b: "a" });
    const counts = new Map<number, number>();
    const batches = take(data, { labelsPerBatch: 4 }, 200);
    for (const batch of batches) for (const row of batch.candidates!) counts.set(row, (counts.get(row) ?? 0) + 1);
    for (const count of counts.values()) expect(Math.abs(count - 40)).toBeLessThanOrEqual(4); // 200 batches × 4 pairs / 20
  });

  it("gives batches of pairs one size, however their texts overlap", () => {
    // Chains a–b–c–d: two disjoint pairs in each, or one when the middle pair is drawn first.
    const rows = Array.from({ length: 12 }, (_, i) => ({ q: `${Math.floor(i / 3)} ${i % 3}`, a: `${Math.floor(i / 3)} ${(i % 3) + 1}` }));
    const sizes = new Set(take(pairs(rows, { a: "q", b: "a" }), { labelsPerBatch: 20 }, 40).map((batch) => batch.rows.length));
    expect([...sizes]).toEqual([4]);
  });

  it("fills P × K with labels that have K samples and the next label where one has fewer", () => {
    const data = set("a", [4, 4, 1, 4, 4, 1, 4]);
    for (const batch of take(data, { labelsPerBatch: 3, samplesPerLabel: 4 }, 20)) {
      expect(batch.rows.length).toBe(12);
      const counts = new Map<string, number[]>();
      for (const row of batch.rows) counts.set(data.labelsOf(row)[0]!, [...(counts.get(data.labelsOf(row)[0]!) ?? []), row]);
      expect(counts.size).toBeGreaterThanOrEqual(3);
      for (const rows of counts.values()) expect(rows.length).toBeLessThanOrEqual(4);
    }
  });

  it("takes more of each label where a space has fewer than P", () => {
    const data = set("a", [20, 20]);
    const [batch] = take(data, { labelsPerBatch: 8, samplesPerLabel: 2 }, 1);
    expect(batch!.rows.length).toBe(16);
    expect([...batch!.rows].filter((row) => row < 20).length).toBe(8);
  });

  it.each([
    ["separate", 0, undefined],
    ["distinct", 100, "dissimilar"],
    ["masked", 100, "unknown"],
    ["schedule", 25, "dissimilar"],
  ] as [LabelPolicy, number, string | undefined][])(
    "%s: %i batches of 100 are mixed, undeclared pairs read as %s",
    (policy, expected, unknown) => {
      const data = combine({ a: set("a", [9, 9, 9, 9]), b: set("b", [9, 9, 9, 9]) });
      const batches = take(data, { policy }, 100);
      const mixed = batches.filter((batch) => batch.space === undefined);
      expect(mixed.length).toBe(expected);
      for (const batch of mixed) expect(batch.unknown).toBe(unknown);
      for (const batch of batches) {
        if (batch.space === undefined) continue;
        for (const row of batch.rows) expect(data.labelsOf(row)[0]!.startsWith(`${batch.space}/`)).toBe(true);
      }
    },
  );

  it("gives a space a share of batches by the square root of its rows", () => {
    const data = combine({ big: set("big", [90, 90, 90, 90]), small: set("small", [10, 10, 10, 10]) });
    const big = take(data, { policy: "separate" }, 2000).filter((batch) => batch.space === "big").length;
    expect(big / 2000).toBeCloseTo(0.75, 1); // √360 : √40 = 3 : 1; standard error 0.01
  });

  it("holds a similar and a dissimilar pair in every batch of labels", () => {
    fc.assert(
      fc.property(drawn, ({ seed, policy, labelsPerBatch, samplesPerLabel, a, b }) => {
        const data = combine({ a: set("a", [...a.map((n) => n + 1), 2]), b: set("b", [...b.map((n) => n + 1), 2]) });
        for (const batch of take(data, { policy, labelsPerBatch, samplesPerLabel, random: new Random(seed) }, 12)) {
          const block = data.relations.block(batch.rows, batch.rows, { view: batch.view, unknown: batch.unknown });
          expect(block.includes(1)).toBe(true);
          if (policy !== "masked") expect(block.includes(-1)).toBe(true);
        }
      }),
    );
  });

  it("draws a broader space together with the spaces within it, so that its rows find similar and dissimilar ones", () => {
    const coarse = set("coarse", [9, 9]);
    const fine = set("fine", [9, 9, 9, 9]);
    const narrower = [0, 1, 2, 3].map((l) => [`fine/l${l}`, `coarse/l${l >> 1}`] as const);
    const data = combine({ coarse, fine }, { relations: { narrower } });
    const batches = take(data, { policy: "separate" }, 60);
    const withCoarse = batches.filter((batch) => [...batch.rows].some((row) => data.labelsOf(row)[0]!.startsWith("coarse/")));
    expect(withCoarse.length).toBeGreaterThan(10);
    for (const batch of withCoarse) {
      expect(batch.unknown).toBe("unknown");
      const block = data.relations.block(batch.rows, batch.rows);
      expect(block.includes(-1)).toBe(true);
    }
  });

  it("draws nested labels of one set by the finer ones", () => {
    const rows = Array.from({ length: 24 }, (_, i) => ({ text: `t${i}`, fine: `f${i % 6}`, coarse: `c${(i % 6) >> 1}` }));
    const data = labeled(rows, { value: "text", label: { fine: "fine", coarse: "coarse" } });
    for (const batch of take(data, { policy: "separate" }, 20)) expect([batch.space, batch.view]).toEqual(["fine", "fine"]);
  });

  it("reads a batch of one of several crossing labels as that label alone sees it", () => {
    const rows = Array.from({ length: 24 }, (_, i) => ({ text: `t${i}`, topic: `t${i % 4}`, tone: `n${i % 3}` }));
    const data = labeled(rows, { value: "text", label: { topic: "topic", tone: "tone" } });
    for (const batch of take(data, { policy: "separate" }, 20)) expect(batch.view).toBe(batch.space);
  });

  it("draws one label's set only beside others, and says why when there are none", () => {
    const one = set("one", [5]);
    expect(() => one.sampler(undefined as never)).toThrow(/`sampler\.\w+` is missing/);
    expect(() => one.sampler(options())).toThrow(/"default" has one label only \("l0"\).*at least two/);
    expect(() => set("singles", [1, 1, 1]).sampler(options())).toThrow(/no label with two different examples/);
    expect(() => combine({ one, two: set("two", [1]) }).sampler(options({ policy: "separate" }))).toThrow(
      /"one" has one label.*"schedule"/,
    );
    const beside = combine({ one, two: set("two", [5, 5]) });
    for (const batch of take(beside, {}, 40)) expect(batch.space).not.toBe("one");
    expect(() => set("a", [3, 3]).sampler(options({ samplesPerLabel: 1 }))).toThrow(/samplesPerLabel/);
    expect(() => set("a", [3, 3]).sampler({ ...options(), policy: "separat" as never })).toThrow(/Did you mean "separate"/);
    expect(() => set("a", [3, 3]).sampler({ ...options(), random: 1 as never })).toThrow(/must be a Random/);
    expect(() => set("a", [3, 3]).sampler(options()).restore({ version: 1, spaces: [], pairs: [] })).toThrow(/other data/);
  });

  it("draws given pairs with their candidates, each before any comes again", () => {
    const rows = Array.from({ length: 12 }, (_, i) => ({ q: `q${i}`, a: `a${i}` }));
    const data = pairs(rows, { a: "q", b: "a" });
    const sampler = data.sampler(options());
    expect(sampler.batchesPerEpoch).toBe(3);
    const seen = new Set<unknown>();
    for (let i = 0; i < 3; i++) {
      const batch = sampler.next();
      expect(batch.unknown).toBe("dissimilar");
      const block = data.relations.block(batch.rows, batch.candidates!, { unknown: batch.unknown });
      expect([...block]).toEqual(Array.from({ length: 16 }, (_, at) => (at % 5 === 0 ? 1 : -1)));
      for (const row of batch.rows) seen.add(data.values[row]);
    }
    expect(seen.size).toBe(12);
  });

  it("keeps a pair whose value is in the batch for a later one", () => {
    const rows = Array.from({ length: 30 }, (_, i) => ({ q: `q${i % 10}`, a: `a${i}` }));
    const data = pairs(rows, { a: "q", b: "a" });
    const batches = take(data, { labelsPerBatch: 4 }, 30);
    for (const batch of batches) expect(new Set(textsOf(data, batch)).size).toBe(8);
    expect(new Set(batches.flatMap((batch) => [...batch.candidates!])).size).toBe(30);
  });

  it("puts the similar partners first and the dissimilar after them for triplets", () => {
    const rows = Array.from({ length: 9 }, (_, i) => ({ anchor: `q${i}`, positive: `p${i}`, negative: `n${i}` }));
    const data = triplets(rows, { anchor: "anchor", positive: "positive", negative: "negative" });
    const [batch] = take(data, { labelsPerBatch: 3, samplesPerLabel: 3 }, 1);
    const names = [...batch!.candidates!].map((row) => data.values[row]);
    expect([...batch!.rows].flatMap((row) => [`p${data.values[row]!.slice(1)}`])).toEqual(names.slice(0, 3));
    expect([...batch!.rows].flatMap((row) => [`n${data.values[row]!.slice(1)}`])).toEqual(names.slice(3));
  });

  it("gives scores with graded pairs", () => {
    const rows = Array.from({ length: 6 }, (_, i) => ({ a: `x${i}`, b: `y${i}`, score: String(i) }));
    const data = scored(rows, { a: "a", b: "b", score: "score", range: [0, 5] });
    const [batch] = take(data, { labelsPerBatch: 6, samplesPerLabel: 2 }, 1);
    for (const [i, row] of batch!.rows.entries()) expect(batch!.scores![i]).toBeCloseTo(Number(data.values[row]!.slice(1)) / 5, 6);
    expect(batch!.unknown).toBe("unknown");
  });

  it("names the part that pairs come from", () => {
    const given = pairs([{ a: "p", b: "q" }], { a: "a", b: "b" });
    const [batch] = take(combine({ given }), {}, 1);
    expect(batch!.group).toBe("given");
    expect(take(given, {}, 1)[0]).not.toHaveProperty("group");
  });

  it("draws labels and pairs of combined data, each apart", () => {
    const data = combine({
      labels: set("a", [9, 9, 9]),
      given: pairs(
        [
          { a: "x", b: "y" },
          { a: "z", b: "w" },
        ],
        { a: "a", b: "b" },
      ),
    });
    for (const policy of labelPolicies) {
      const batches = take(data, { policy }, 40);
      expect(batches.some((batch) => batch.candidates)).toBe(true);
      expect(batches.some((batch) => batch.space === "labels")).toBe(true);
    }
  });
});
