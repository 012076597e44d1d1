import { InvalidDataError, Random, type TrainingData } from "@quaterion/core";
import { describe, expect, expectTypeOf, it } from "vitest";
import { pairs } from "./pairs.js";
import { scored } from "./scored.js";
import { triplets } from "./triplets.js";
import { unlabeled } from "./unlabeled.js";

describe("pairs", () => {
  it("makes equal values one row, so that what is known of a text holds wherever it occurs", () => {
    const data = pairs(
      [
        { q: "x", a: "y", same: "similar" },
        { q: "x", a: "z", same: "0" },
        { q: "y", a: "z", same: "" },
      ],
      { a: "q", b: "a", relation: "same" },
    );
    expect(data.values).toEqual(["x", "y", "z"]);
    expect(data.pairs).toEqual([
      { a: 0, b: 1, relation: 1 },
      { a: 0, b: 2, relation: -1 },
      { a: 1, b: 2, relation: 0 },
    ]);
    const all = Uint32Array.of(0, 1, 2);
    expect([...data.relations.block(all, all)]).toEqual([0, 1, -1, 1, 0, 0, -1, 0, 0]);
    expect(data.spaces).toEqual([]);
    expectTypeOf(data).toEqualTypeOf<TrainingData<string>>();
  });

  it("names the place of a relation or text that is none", () => {
    expect(() => pairs([{ a: "x", b: "y", r: "maybe" }], { a: "a", b: "b", relation: "r" })).toThrow(/row 1, column "r".*"maybe"/);
    expect(() => pairs([{ a: "x", b: "" }], { a: "a", b: "b" })).toThrow(/column "b": The text is empty/);
    expect(() => pairs([{ a: "x" }], { a: "a" } as never)).toThrow(/pairs.b/);
  });
});

describe("scored", () => {
  it("scales scores of any range to 0 … 1", () => {
    const data = scored(
      [
        { a: "x", b: "y", s: "2.5" },
        { a: "x", b: "z", s: "-5" },
      ],
      { a: "a", b: "b", score: "s", range: [-5, 5] },
    );
    expect(data.pairs).toEqual([
      { a: 0, b: 1, relation: 0, score: 0.75 },
      { a: 0, b: 2, relation: 0, score: 0 },
    ]);
  });

  it("names the place of a score that is none", () => {
    for (const s of ["", "x", "1.5", Number.NaN, -0.1]) {
      expect(() => scored([{ a: "x", b: "y", s }], { a: "a", b: "b", score: "s" })).toThrow(/row 1, column "s".*from 0 to 1/);
    }
    expect(() => scored([{ a: "x", b: "y", s: 1 }], { a: "a", b: "b", score: "s", range: [1, 0] })).toThrow(/range/);
  });
});

describe("triplets", () => {
  it("draws a teacher's scores with the partners that they are of", () => {
    const fields = { anchor: "x", positive: "p", negative: "n", teacherScores: { positive: "tp", negative: "tn" } } as const;
    const rows = [
      { x: "a", p: "b", n: "c", tp: "7.5", tn: -2 },
      { x: "d", p: "e", n: "f", tp: 3, tn: 1 },
      { x: "a", p: "g", n: "h", tp: 5, tn: 4 },
    ];
    const data = triplets(rows, fields);
    expect(data.pairs!.slice(0, 2)).toEqual([
      { a: 0, b: 1, relation: 1, teacherScore: 7.5 },
      { a: 0, b: 2, relation: -1, teacherScore: -2 },
    ]);
    const given = new Map(data.pairs!.map(({ a, b, teacherScore }) => [`${a} ${b}`, teacherScore]));
    const sampler = data.sampler({ policy: "separate", labelsPerBatch: 6, samplesPerLabel: 1, random: new Random(1) });
    for (let i = 0; i < 4; i++) {
      const { rows: anchors, candidates, teacherScores } = sampler.next();
      expect(candidates).toHaveLength(2 * anchors.length);
      for (const [at, row] of candidates!.entries()) expect(teacherScores![at]).toBe(given.get(`${anchors[at % anchors.length]} ${row}`));
    }
    expect(() => triplets([{ ...rows[0]!, tn: "high" }], fields)).toThrow(/row 1, column "tn".*score must be a number/);
    expect(() => triplets(rows, { ...fields, teacherScores: { positive: "tp" } } as never)).toThrow("`triplets.teacherScores.negative`");
  });

  it("makes the anchor similar to the positive and dissimilar to the negative, and says nothing of those two", () => {
    const data = triplets([{ x: "a", y: "p", z: "n" }], { anchor: "x", positive: "y", negative: "z" });
    const all = Uint32Array.of(0, 1, 2);
    expect([...data.relations.block(all, all)]).toEqual([0, 1, -1, 1, 0, 0, -1, 0, 0]);
  });
});

describe("unlabeled", () => {
  it("makes the fields of a record similar, and passes empty ones over", () => {
    const records = [
      { title: "t", body: "b", note: "n" },
      { title: "u", body: "", note: "u" },
    ];
    const data = unlabeled(records, { fields: ["title", "body", "note"] });
    expect(data.values).toEqual(["t", "b", "n", "u"]);
    expect(data.pairs).toEqual([
      { a: 0, b: 1, relation: 1 },
      { a: 0, b: 2, relation: 1 },
      { a: 1, b: 2, relation: 1 },
    ]);
    expect(unlabeled(records, { fields: ["title"] }).pairs).toBeUndefined();
    expect(() => unlabeled([{ title: " " }], { fields: ["title"] })).toThrow(InvalidDataError);
    expect(() => unlabeled([{ title: "x" }], { fields: [] })).toThrow(/array of columns/);
  });
});
