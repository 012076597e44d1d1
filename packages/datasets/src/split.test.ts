import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collidedIds } from "./collided-ids.js";
import { combine } from "./combine.js";
import { labeled } from "./labeled.js";
import { pairs } from "./pairs.js";
import { split } from "./split.js";
import { rowsWithLabels, subset, withoutLabels } from "./subset.js";

const of = (samples: readonly (readonly [string, string])[]) =>
  labeled(
    samples.map(([text, label]) => ({ text, label })),
    { value: "text", label: "label" },
  );
const samples = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }).map(String), fc.constantFrom("a", "b", "c")), {
  minLength: 12,
  maxLength: 60,
});

describe("split", () => {
  it("puts each row on one side, equal values never on both, and leaves every label in train", () => {
    fc.assert(
      fc.property(samples, fc.constantFrom(0.1, 0.2, 0.5), fc.nat(9), (drawn, test, seed) => {
        fc.pre(new Set(drawn.map(([text]) => text)).size > 14);
        const data = of(drawn);
        const parts = split(data, { test, seed });
        expect([...parts.trainRows, ...parts.testRows].sort((a, b) => a - b)).toEqual([...data.values.keys()]);
        expect(parts.train.values.filter((value) => parts.test.values.includes(value))).toEqual([]);
        expect(new Set([...parts.train.values.keys()].flatMap((row) => parts.train.labelsOf(row))).size).toBe(
          data.spaces[0]!.labels.length,
        );
        expect(parts.test.values).toEqual([...parts.testRows].map((row) => data.values[row]));
        expect(parts).toEqual({ ...split(data, { test, seed }), train: expect.anything(), test: expect.anything() });
      }),
    );
  });

  it("gives each label its share as nearly as whole rows allow", () => {
    const data = of(
      Array.from({ length: 100 }, (_, i) => [`${i}`, i < 50 ? "big" : i < 80 ? "middle" : i < 99 ? "small" : "one"] as const),
    );
    const { test, train } = split(data, { test: 0.2 });
    const counts = (part: typeof data) =>
      part.spaces[0]!.labels.map((_, c) => part.classesOf("default", part.spaces[0]!.rows).filter((each) => each === c).length);
    expect(data.spaces[0]!.labels).toEqual(["big", "middle", "one", "small"]);
    expect(counts(test)).toEqual([10, 6, 0, 4]);
    expect(counts(train)).toEqual([40, 24, 1, 15]);
  });

  it("keeps a label whose only text has another label too", () => {
    const data = of([["both", "a"], ["both", "rare"], ...Array.from({ length: 8 }, (_, i) => [`${i}`, "a"] as const)]);
    for (let seed = 0; seed < 20; seed++) expect(split(data, { test: 0.5, seed }).train.values).toContain("both");
  });

  it("keeps given pairs together", () => {
    const data = pairs(
      Array.from({ length: 20 }, (_, i) => ({ a: `q${i}`, b: `a${i >> 1}` })),
      { a: "a", b: "b" },
    );
    const { train, test } = split(data, { test: 0.3 });
    expect(train.pairs!.length + test.pairs!.length).toBe(20);
    expect(test.pairs!.length).toBe(6);
  });

  it("says when a side would be empty, and which option is wrong", () => {
    expect(() =>
      split(
        of([
          ["a", "x"],
          ["a", "x"],
        ]),
      ),
    ).toThrow(/one side empty/);
    expect(() => split(of([["a", "x"]]), { test: 1 })).toThrow(/above 0 and below 1/);
    expect(() => split(of([["a", "x"]]), { seed: 0.5 })).toThrow(/whole number/);
  });
});

describe("subset", () => {
  it("keeps class numbers, declarations and the pairs whose rows stay", () => {
    const given = pairs(
      [
        { a: "p", b: "q" },
        { a: "r", b: "s" },
      ],
      { a: "a", b: "b" },
    );
    const data = combine(
      {
        x: of([
          ["1", "a"],
          ["2", "b"],
        ]),
        y: of([["3", "c"]]),
        given,
      },
      { relations: { same: [["x/a", "y/c"]] } },
    );
    const part = subset(data, [2, 6, 5, 3]);
    expect(part.values).toEqual(["3", "s", "r", "p"]);
    expect(part.spaces.map((space) => space.labels)).toEqual(data.spaces.map((space) => space.labels));
    expect(part.pairs).toEqual([{ a: 2, b: 1, relation: 1, group: "given" }]);
    expect(part.relations.of("x/a", "y/c")).toBe(1);
    expect(() => subset(data, [99])).toThrow(/99/);
    expect(() => subset(data, [1, 1])).toThrow(/twice/);
  });
});

describe("withoutLabels", () => {
  it("takes out the rows and the labels, and keeps a label that declarations need", () => {
    const data = combine(
      {
        x: of([
          ["1", "a"],
          ["2", "b"],
          ["3", "c"],
        ]),
        y: of([["4", "d"]]),
      },
      { relations: { same: [["x/a", "y/d"]] } },
    );
    const rest = withoutLabels(data, ["x/a", "x/b"]);
    expect(rest.values).toEqual(["3", "4"]);
    expect(rest.spaces[0]).toEqual({ name: "x", labels: ["a", "c"], rows: Uint32Array.of(0) });
    expect(rest.labelsOf(0)).toEqual(["x/c"]);
    expect(rowsWithLabels(data, ["x/a", "x/b"])).toEqual(Uint32Array.of(0, 1));
    expect(() => withoutLabels(data, ["x/z"])).toThrow(/x\/z/);
  });
});

describe("collidedIds", () => {
  it("numbers each set's labels from 0 in sorted order, and compares the numbers", () => {
    const many = of(Array.from({ length: 11 }, (_, i) => [`m${i}`, `l${String(i).padStart(2, "0")}`] as const));
    const data = collidedIds(
      combine({
        x: of([
          ["1", "b"],
          ["2", "a"],
        ]),
        y: of([
          ["3", "d"],
          ["4", "c"],
        ]),
        many,
      }),
    );
    expect(data.spaces.map(({ name, labels }) => [name, labels])).toEqual([
      ["default", ["00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10"]],
    ]);
    expect([0, 1, 2, 3, 4, 14].map((row) => data.labelsOf(row)[0])).toEqual(
      ["01", "00", "01", "00", "00", "10"].map((number) => `default/${number}`),
    );
    expect([...data.relations.block(Uint32Array.of(0), Uint32Array.of(1, 2, 3))]).toEqual([-1, 1, -1]);
  });
});
