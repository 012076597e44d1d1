import { IncompatibleError, type RelationDeclarations, type RowPair } from "@quaterion/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rowRelations } from "./relations.js";
import { relationsFromJson } from "./relations-from-json.js";
import { trainingData } from "./training-data.js";

const rows = 8;
const names = ["coarse", "fine", "other"];
const labels = ["a", "b", "c"];
const classes = fc.tuple(...names.map(() => fc.array(fc.integer({ min: -1, max: 2 }), { minLength: rows, maxLength: rows })));
const someRows = fc.array(fc.nat(rows - 1), { maxLength: 10 }).map((list) => Uint32Array.from(list));
const declared: RelationDeclarations = {
  narrower: [
    ["fine/a", "coarse/a"],
    ["fine/b", "coarse/a"],
    ["fine/c", "coarse/b"],
  ],
  same: [["other/a", "fine/a"]],
  suspected: [["other/b", "coarse/c"]],
};
const spacesOf = (table: readonly (readonly number[])[]) => names.map((name, s) => ({ name, labels, classes: Int32Array.from(table[s]!) }));

describe("rowRelations", () => {
  it("gives each pair of a block what its labels give", () => {
    fc.assert(
      fc.property(
        classes,
        someRows,
        someRows,
        fc.constantFrom("unknown" as const, "dissimilar" as const),
        (table, left, right, unknown) => {
          const relations = rowRelations(rows, spacesOf(table), declared);
          const block = relations.block(left, right, { unknown });
          const labelsOf = (row: number) => names.flatMap((name, s) => (table[s]![row]! < 0 ? [] : [`${name}/${labels[table[s]![row]!]}`]));
          for (const [i, a] of left.entries()) {
            for (const [j, b] of right.entries()) {
              const pairs = labelsOf(a).flatMap((x) => labelsOf(b).map((y) => [x, y] as const));
              const each = pairs.map(([x, y]) => relations.of(x, y));
              const open = pairs.some(([x, y]) =>
                relations.closure.mayOverlap(relations.closure.indexOf(x, "x"), relations.closure.indexOf(y, "y")),
              );
              const known = each.includes(-1) ? -1 : each.includes(1) ? 1 : unknown === "dissimilar" && !open ? -1 : 0;
              expect(block[i * right.length + j]).toBe(a === b ? 0 : known);
            }
          }
        },
      ),
    );
  });

  it("counts only a space's own labels in its view", () => {
    fc.assert(
      fc.property(classes, someRows, someRows, fc.constantFrom(...names), (table, left, right, view) => {
        const own = table[names.indexOf(view)]!;
        const block = rowRelations(rows, spacesOf(table), declared).block(left, right, { view });
        const expected = [...left].flatMap((a) =>
          [...right].map((b) => (a === b || own[a]! < 0 || own[b]! < 0 ? 0 : own[a] === own[b] ? 1 : -1)),
        );
        expect([...block]).toEqual(expected);
      }),
    );
  });

  it("leaves two samples of a broader label unknown in the shared space, and similar in its own view", () => {
    const spaces = [
      { name: "coarse", labels, classes: Int32Array.of(0, 0, 1, -1, -1) },
      { name: "fine", labels, classes: Int32Array.of(-1, -1, -1, 0, 1) },
    ];
    const relations = rowRelations(5, spaces, { narrower: [["fine/a", "coarse/a"]] });
    const all = Uint32Array.of(0, 1, 2, 3, 4);
    const shared = [
      [0, 0, -1, 0, 0],
      [0, 0, -1, 0, 0],
      [-1, -1, 0, -1, 0],
      [0, 0, -1, 0, -1],
      [0, 0, 0, -1, 0],
    ];
    expect([...relations.block(all, all)]).toEqual(shared.flat());
    expect([...relations.block(all, all, { view: "coarse" }).slice(0, 5)]).toEqual([0, 1, -1, 0, 0]);
    // Undeclared pairs become dissimilar; what a declaration leaves open stays unknown.
    expect([...relations.block(all, all, { unknown: "dissimilar" }).slice(0, 5)]).toEqual([0, 0, -1, 0, -1]);
  });

  it("lets a given pair count for more than labels, and a pair given both ways for nothing", () => {
    const spaces = [{ name: "s", labels, classes: Int32Array.of(0, 0, 1, 1) }];
    const pairs: RowPair[] = [
      { a: 0, b: 1, relation: -1 },
      { a: 2, b: 0, relation: 1 },
      { a: 2, b: 3, relation: 1 },
      { a: 3, b: 2, relation: -1 },
    ];
    const block = rowRelations(4, spaces, {}, pairs).block(Uint32Array.of(0, 2), Uint32Array.of(0, 1, 2, 3));
    expect([...block]).toEqual([0, -1, 1, -1, 1, -1, 0, 0]);
  });

  it("is the same after a round trip through JSON", () => {
    fc.assert(
      fc.property(classes, someRows, (table, some) => {
        const data = trainingData({
          values: Array.from({ length: rows }, (_, i) => `${i}`),
          spaces: spacesOf(table),
          declarations: declared,
        });
        const json = JSON.parse(JSON.stringify(data.relations.toJSON()));
        const again = relationsFromJson(json, data);
        for (const a of ["coarse/a", "fine/a", "other/a", "other/b"])
          for (const b of ["coarse/a", "coarse/c", "fine/b"]) expect(again.of(a, b)).toBe(data.relations.of(a, b));
        expect(again.block(some, some)).toEqual(data.relations.block(some, some));
        expect(JSON.parse(JSON.stringify(again.toJSON()))).toEqual(json);
      }),
    );
  });

  it("reads the classes of data whose label list is another than the stored one", () => {
    const stored = rowRelations(0, [{ name: "s", labels: ["a", "b", "c"], classes: new Int32Array(0) }], {
      suspected: [["s/a", "s/b"]],
    }).toJSON();
    const data = trainingData({ values: ["x", "y", "z"], spaces: [{ name: "s", labels: ["b", "c"], classes: Int32Array.of(0, 1, 1) }] });
    const block = relationsFromJson(stored, data).block(Uint32Array.of(0, 1), Uint32Array.of(0, 1, 2));
    expect([...block]).toEqual([0, -1, -1, -1, 0, 1]);
  });

  it("leaves suspected labels of one space unknown in its view too", () => {
    const relations = rowRelations(3, [{ name: "s", labels, classes: Int32Array.of(0, 1, 2) }], { suspected: [["s/a", "s/b"]] });
    const all = Uint32Array.of(0, 1, 2);
    expect([...relations.block(all, all, { view: "s" })]).toEqual([0, 0, -1, 0, 0, -1, -1, -1, 0]);
    expect([...relations.block(all, all)]).toEqual([0, 0, -1, 0, 0, -1, -1, -1, 0]);
  });

  it("says what is wrong with JSON, rows and views that it can't read", () => {
    const relations = rowRelations(2, [{ name: "banking", labels, classes: Int32Array.of(0, 1) }]);
    const one = Uint32Array.of(0);
    expect(() => relationsFromJson({ version: 2 })).toThrow(IncompatibleError);
    expect(() => relationsFromJson(null)).toThrow(IncompatibleError);
    expect(() => relationsFromJson(relations.toJSON()).block(one, one)).toThrow(/without data/);
    expect(() => relations.block(Uint32Array.of(2), one)).toThrow(/Row 2/);
    expect(() => relations.block(one, one, { view: "bankin" })).toThrow(/Did you mean "banking"/);
    expect(() => relations.of("banking/a", "banking/d")).toThrow(/banking\/d/);
  });
});
