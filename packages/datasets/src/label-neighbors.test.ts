import { Random, type TrainingData } from "@quaterion/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { combine } from "./combine.js";
import { confusedLabels, nearestLabels, siblingLabels, withNeighbors } from "./label-neighbors.js";
import { labeled } from "./labeled.js";
import { suspectedAliases } from "./suspected-aliases.js";

/** Fine labels f0, f1, … of which three each lie within a coarse one. */
const nested = (fine = 12, each = 4) =>
  labeled(
    Array.from({ length: fine * each }, (_, i) => ({ text: `text ${i}`, fine: `f${i % fine}`, coarse: `c${Math.floor((i % fine) / 3)}` })),
    { value: "text", label: { coarse: "coarse", fine: "fine" } },
  );
const drawn = (data: TrainingData<unknown>, count: number, seed = 1, labelsPerBatch = 6) => {
  const sampler = data.sampler({ policy: "separate", labelsPerBatch, samplesPerLabel: 2, random: new Random(seed) });
  return Array.from({ length: count }, () => sampler.next());
};
const fineLabels = (data: TrainingData<unknown>, rows: Uint32Array) => [
  ...new Set([...rows].map((row) => data.labelsOf(row).find((label) => label.startsWith("fine/"))!)),
];

describe("withNeighbors", () => {
  it("draws siblings together: P broader labels × labels within each × K samples", () => {
    const data = withNeighbors(nested(), siblingLabels(nested()), { together: 3 });
    for (const { rows } of drawn(data, 40)) {
      expect(rows).toHaveLength(12);
      const coarse = fineLabels(data, rows).map((label) => Math.floor(Number(label.slice(6)) / 3));
      expect(coarse).toHaveLength(6);
      // Two whole families of three: each batch takes half of the twelve labels, and every pass begins anew.
      expect(new Set(coarse).size).toBe(2);
    }
  });

  it("draws no more neighbours with a label than come together", () => {
    const ring = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [`fine/f${i}`, [1, 2, 3].map((step) => `fine/f${(i + step) % 12}`)]),
    );
    const starts = (together: number) =>
      Array.from({ length: 30 }, (_, seed) => {
        const data = withNeighbors(nested(), ring, { together });
        const [batch] = drawn(data, 1, seed);
        const [a, b, c] = fineLabels(data, batch!.rows).map((label) => Number(label.slice(6)));
        return `${(b! - a! + 12) % 12} ${(c! - a! + 12) % 12}`;
      });
    expect(new Set(starts(3))).toEqual(new Set(["1 2"]));
    // The third label begins anew: whichever comes next.
    const pairs = starts(2);
    expect(pairs.every((steps) => steps.startsWith("1 "))).toBe(true);
    expect(new Set(pairs).size).toBeGreaterThan(3);
  });

  it("still draws every label once before any comes again", () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 2, max: 5 }), (seed, together) => {
        const near = Object.fromEntries(
          Array.from({ length: 12 }, (_, i) => [
            `fine/f${i}`,
            [(i + seed) % 12, (i * 5 + 1) % 12].filter((n) => n !== i).map((n) => `fine/f${n}`),
          ]),
        );
        const data = withNeighbors(nested(), near, { together });
        const [first, second] = drawn(data, 2, seed);
        expect(new Set([...fineLabels(data, first!.rows), ...fineLabels(data, second!.rows)]).size).toBe(12);
      }),
    );
  });

  it("goes on from a stored state with the batches it would have drawn", () => {
    const data = withNeighbors(nested(), siblingLabels(nested()), { together: 3 });
    const options = { policy: "separate", labelsPerBatch: 5, samplesPerLabel: 2 } as const;
    const sampler = data.sampler({ ...options, random: new Random(1) });
    for (let i = 0; i < 7; i++) sampler.next();
    const state = JSON.parse(JSON.stringify(sampler.state()));
    const expected = Array.from({ length: 9 }, () => [...sampler.next().rows]);
    const other = data.sampler({ ...options, random: new Random(1) });
    other.restore(state);
    expect(Array.from({ length: 9 }, () => [...other.next().rows])).toEqual(expected);
  });

  it("stays with the parts of combined data, under their new names", () => {
    const data = combine({ hwu: withNeighbors(nested(), { "fine/f0": ["fine/f5"] }, { together: 2 }), other: nested() });
    expect(data.sampling!.neighbors).toEqual({ together: 2, of: { "hwu.fine/f0": ["hwu.fine/f5"] } });
    let followed = 0;
    for (let seed = 0; seed < 20; seed++) {
      const batches = drawn(data, 60, seed, 4).filter(({ space }) => space === "hwu.fine");
      const order = batches.slice(0, 3).flatMap(({ rows }) => [...new Set([...rows].map((row) => data.labelsOf(row).at(-1)!))]);
      expect(order).toHaveLength(12);
      const [first, second] = [order.indexOf("hwu.fine/f0"), order.indexOf("hwu.fine/f5")];
      // f5 may have come before; and a batch may be full.
      if (second < first || first % 4 === 3) continue;
      expect(second).toBe(first + 1);
      followed++;
    }
    expect(followed).toBeGreaterThan(3);
  });

  it.each([
    [{ "fine/f99": [] }, {}, /names a label that the data does not have: "fine\/f99"/],
    [{ "fine/f1": ["fine/f2x"] }, {}, /"fine\/f2x". Did you mean "fine\/f2"/],
    [{ "fine/f1": ["coarse/c0"] }, {}, /"coarse\/c0", which is of another label space: expected labels of "fine"/],
    [{ "fine/f1": "fine/f2" }, {}, /must be an array of label ids/],
    [null, {}, /`neighbors` must be an object of label ids/],
    [{}, { together: 1 }, /`withNeighbors.together` must be 2 or more/],
  ])("refuses %j", (neighbors, options, message) => {
    expect(() => withNeighbors(nested(), neighbors as never, options)).toThrow(message);
  });
});

describe("confusedLabels", () => {
  it("counts both directions, most often first", () => {
    const answers = [
      ["a", "b"],
      ["b", "a"],
      ["a", "c"],
      ["c", "c"],
      ["d", "c"],
      ["d", "c"],
      ["a", "other/x"],
    ].map(([truth, answer]) => ({
      truth: `s/${truth}`,
      answer: answer!.includes("/") ? answer! : `s/${answer}`,
    }));
    expect(confusedLabels(answers)).toEqual({ "s/a": ["s/b", "s/c"], "s/b": ["s/a"], "s/c": ["s/d", "s/a"], "s/d": ["s/c"] });
    expect(() => confusedLabels([answers[0]!, { truth: "s/a" } as never])).toThrow(
      "`answers[1].answer` must be a text that is not empty; received undefined.",
    );
  });
});

describe("nearestLabels", () => {
  it("orders labels by the cosine of their centroids", () => {
    const rows = [0, 10, 25, 180].flatMap((degrees, l) =>
      [-1, 1].map((off) => ({ text: `${l} ${off}`, label: `l${l}`, at: degrees + off })),
    );
    const data = labeled(rows, { value: "text", label: "label" });
    const embeddings = Float32Array.from(
      rows.flatMap(({ at }) => [3 * Math.cos((at * Math.PI) / 180), 3 * Math.sin((at * Math.PI) / 180)]),
    );
    expect(nearestLabels(data, embeddings, { neighbors: 2 })).toEqual({
      "default/l0": ["default/l1", "default/l2"],
      "default/l1": ["default/l0", "default/l2"],
      "default/l2": ["default/l1", "default/l0"],
      "default/l3": ["default/l2", "default/l1"],
    });
    expect(() => nearestLabels(data, new Float32Array(3))).toThrow(/`embeddings` must be a Float32Array of 8 × dim numbers/);
    expect(() => nearestLabels(data, undefined as never)).toThrow(/`embeddings` is missing/);
    expect(() => nearestLabels(data, embeddings.with(7, Number.NaN))).toThrow("`embeddings` holds NaN in row 3: expected finite numbers.");
    expect(() => suspectedAliases(data, { embeddings: embeddings.with(15, Number.POSITIVE_INFINITY) })).toThrow("holds Infinity in row 7");
  });
});

describe("siblingLabels", () => {
  it("gives the labels within the same broader one", () => {
    expect(siblingLabels(nested())["fine/f4"]).toEqual(["fine/f3", "fine/f5"]);
    const grains = { all: (i: number) => Math.floor(i / 4), half: (i: number) => Math.floor(i / 2), one: (i: number) => i };
    const three = labeled(
      Array.from({ length: 16 }, (_, i) => ({ text: `${i}`, at: i % 8 })),
      {
        value: "text",
        label: {
          all: ({ at }) => `a${grains.all(at)}`,
          half: ({ at }) => `h${grains.half(at)}`,
          one: ({ at }) => `o${grains.one(at)}`,
        },
      },
    );
    expect(siblingLabels(three)["one/o2"]).toEqual(["one/o3", "one/o0", "one/o1"]);
    expect(siblingLabels(three)["half/h3"]).toEqual(["half/h2"]);
    expect(siblingLabels(three)["all/a0"]).toBeUndefined();
    const flat = labeled([{ text: "a", label: "x" }], { value: "text", label: "label" });
    expect(() => siblingLabels(flat)).toThrow(/No label of the data lies within another/);
  });
});
