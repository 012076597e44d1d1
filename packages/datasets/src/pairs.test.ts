import { InvalidDataError, type TrainingData } from "@quaterion/core";
import { describe, expect, expectTypeOf, it } from "vitest";
import { pairs, scored, triplets } from "./pairs.js";
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
