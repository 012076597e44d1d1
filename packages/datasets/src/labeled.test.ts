import { InvalidArgumentError, InvalidDataError, type TrainingData } from "@quaterion/core";
import { describe, expect, expectTypeOf, it } from "vitest";
import { labeled } from "./labeled.js";

const rows = [
  { text: "where is my card", label: "card_arrival", length: 4 },
  { text: "what is the rate", label: "exchange_rate", length: 4 },
  { text: "has it come", label: "card_arrival", length: 3 },
];

describe("labeled", () => {
  it("makes one label space, its labels sorted and class numbers indices into them", () => {
    const data = labeled(rows, { value: "text", label: "label" });
    expect(data.values).toEqual(rows.map((row) => row.text));
    expect(data.spaces).toEqual([{ name: "default", labels: ["card_arrival", "exchange_rate"], rows: Uint32Array.of(0, 1, 2) }]);
    expect(data.classesOf("default", Uint32Array.of(2, 1))).toEqual(Int32Array.of(0, 1));
    expect(data.labelsOf(1)).toEqual(["default/exchange_rate"]);
    const all = Uint32Array.of(0, 1, 2);
    expect([...data.relations.block(all, all)]).toEqual([0, -1, 1, -1, 0, -1, 1, -1, 0]);
    expect(labeled(rows, { value: "text", label: "label", space: "banking" }).labelsOf(0)).toEqual(["banking/card_arrival"]);
  });

  it("lets the type of the values flow from column or function", () => {
    expectTypeOf(labeled(rows, { value: "text", label: "label" })).toEqualTypeOf<TrainingData<string>>();
    expectTypeOf(labeled(rows, { value: "length", label: "label" })).toEqualTypeOf<TrainingData<number>>();
    expectTypeOf(labeled(rows, { value: (row) => Float32Array.of(row.length), label: (row) => row.label })).toEqualTypeOf<
      TrainingData<Float32Array<ArrayBuffer>>
    >();
    // @ts-expect-error there is no such column
    expect(() => labeled(rows, { value: "txt", label: "label" })).toThrow(InvalidDataError);
  });

  it("makes a label space of each of several labels, which a record may lack", () => {
    const several = [
      { text: "a", scenario: "alarm", intent: "alarm_set" },
      { text: "b", scenario: "alarm", intent: "" },
      { text: "c", scenario: "", intent: "music_play" },
    ];
    const data = labeled(several, { value: "text", label: { scenario: "scenario", intent: "intent" } });
    expect([0, 1, 2].map((row) => data.labelsOf(row))).toEqual([
      ["scenario/alarm", "intent/alarm_set"],
      ["scenario/alarm"],
      ["intent/music_play"],
    ]);
    expect(data.classesOf("intent", Uint32Array.of(0, 1, 2))).toEqual(Int32Array.of(0, -1, 1));
  });

  it("declares labels narrower where each occurs within one of another space, and only then", () => {
    const make = (coarse: string[]) =>
      labeled(
        coarse.map((each, i) => ({ text: `${i}`, coarse: each, fine: `f${i % 3}` })),
        { value: "text", label: { coarse: "coarse", fine: "fine" } },
      );
    // f0, f1 within a; f2 alone within b, so neither is known to be the wider.
    expect(make(["a", "a", "b", "a", "a", "b"]).relations.declarations).toEqual({
      narrower: [
        ["fine/f0", "coarse/a"],
        ["fine/f1", "coarse/a"],
      ],
    });
    expect(make(["a", "a", "b", "a", "b", "b"]).relations.declarations).toEqual({}); // f1 is in both
  });

  it.each([
    ["an empty text", [{ text: " ", label: "a" }], /row 1, column "text": The text is empty/],
    [
      "a missing text",
      [
        { text: "x", label: "a" },
        { text: null, label: "a" },
      ],
      /row 2, column "text": The value is missing/,
    ],
    ["a missing label", [{ text: "x", label: "" }], /row 1, column "label": The label is missing/],
    ["a label that is no number", [{ text: "x", label: Number.NaN }], /row 1, column "label".*NaN/],
    ["a label that is an object", [{ text: "x", label: {} }], /column "label"/],
    ["a column that is not there", [{ text: "x", lable: "a" }], /column "label".*Did you mean "lable"/],
    ["no rows", [], /no rows/],
    ["a vector with NaN", [{ text: Float32Array.of(1, Number.NaN), label: "a" }], /NaN at position 1/],
  ])("names the place of %s", (_, bad, message) => {
    expect(() => labeled(bad as { text: string; label: string }[], { value: "text", label: "label" })).toThrow(message);
    expect(() => labeled(bad as { text: string; label: string }[], { value: "text", label: "label" })).toThrow(InvalidDataError);
  });

  it("says which option is wrong", () => {
    expect(() => labeled(rows, { value: "text", lable: "label" } as never)).toThrow(/Did you mean "label"/);
    expect(() => labeled(rows, { value: "text" } as never)).toThrow(/labeled.label/);
    expect(() => labeled(rows, { label: "label" } as never)).toThrow(/labeled.value/);
    expect(() => labeled(rows, undefined as never)).toThrow(/labeled.value/);
    expect(() => labeled(rows, { value: "text", label: "label", space: "a/b" })).toThrow(/"a-b"/);
    expect(() => labeled(rows, { value: "text", label: { a: "label" }, space: "b" })).toThrow(InvalidArgumentError);
    expect(() => labeled(rows, { value: "text", label: {} })).toThrow(/at least one label/);
    expect(() => labeled(Promise.resolve(rows) as never, { value: "text", label: "label" } as never)).toThrow(/awaited/);
    const data = labeled(rows, { value: "text", label: "label" });
    expect(() => data.classesOf("defualt", Uint32Array.of(0))).toThrow(/Did you mean "default"/);
  });
});
