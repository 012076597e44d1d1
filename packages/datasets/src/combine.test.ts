import { ContradictionError, type TrainingData } from "@quaterion/core";
import { describe, expect, expectTypeOf, it } from "vitest";
import { combine } from "./combine.js";
import { labeled } from "./labeled.js";
import { pairs } from "./pairs.js";
import { suspectedAliases, withSuspected } from "./suspected-aliases.js";

const of = (samples: readonly (readonly [string, string])[]) =>
  labeled(
    samples.map(([text, label]) => ({ text, label })),
    { value: "text", label: "label" },
  );
const banking = of([
  ["where is my card", "card_arrival"],
  ["what is the rate", "exchange_rate"],
  ["hello", "greeting"],
]);
const assistant = of([
  ["hello", "greet"],
  ["set an alarm", "alarm_set"],
  ["stop", "greeting"],
]);

describe("combine", () => {
  it("names labels by their part and compares nothing across parts", () => {
    const data = combine({ banking, assistant });
    expect(data.values).toEqual([...banking.values, ...assistant.values]);
    expect(data.spaces.map(({ name, rows }) => [name, [...rows]])).toEqual([
      ["banking", [0, 1, 2]],
      ["assistant", [3, 4, 5]],
    ]);
    expect(data.labelsOf(2)).toEqual(["banking/greeting"]);
    expect(data.relations.of("banking/greeting", "assistant/greeting")).toBe(0); // one name, two spaces
    expect(data.relations.of("banking/greeting", "banking/card_arrival")).toBe(-1);
    expectTypeOf(data).toEqualTypeOf<TrainingData<string>>();
    expectTypeOf(combine({ banking, other: labeled([{ n: 1, l: "a" }], { value: "n", label: "l" }) })).toEqualTypeOf<
      TrainingData<string | number>
    >();
  });

  it("joins the name of a part and its spaces where it has several, also twice over", () => {
    const nested = combine({
      hwu: combine({ fine: banking, coarse: assistant }, { relations: { same: [["fine/greeting", "coarse/greet"]] } }),
      snips: banking,
    });
    expect(nested.spaces.map((space) => space.name)).toEqual(["hwu.fine", "hwu.coarse", "snips"]);
    expect(nested.relations.of("hwu.fine/greeting", "hwu.coarse/greet")).toBe(1);
  });

  it("suspects labels of two parts that share a text, unless told not to, and lets a declaration win", () => {
    const suspected = [["banking/greeting", "assistant/greet"]];
    expect(combine({ banking, assistant }).relations.declarations.suspected).toEqual(suspected);
    expect(combine({ banking, assistant }, { suspectIdenticalTexts: false }).relations.declarations).toEqual({});
    const rows = Uint32Array.of(2);
    const columns = Uint32Array.of(3, 4);
    const block = (relations: object) => [
      ...combine({ banking, assistant }, { relations }).relations.block(rows, columns, { unknown: "dissimilar" }),
    ];
    expect(block({})).toEqual([0, -1]);
    expect(block({ same: suspected })).toEqual([1, -1]);
    expect(block({ disjoint: suspected })).toEqual([-1, -1]);
  });

  it("carries given pairs over with their rows", () => {
    const given = pairs([{ a: "x", b: "y" }], { a: "a", b: "b" });
    const data = combine({ banking, given });
    expect(data.pairs).toEqual([{ a: 3, b: 4, relation: 1, group: "given" }]);
    expect([...data.relations.block(Uint32Array.of(3), Uint32Array.of(4, 0))]).toEqual([1, 0]);
  });

  it("says what is wrong with names and declarations", () => {
    expect(() => combine({ "a/b": banking })).toThrow(/"a-b"/);
    expect(() => combine({ "": banking })).toThrow(/empty name/);
    expect(() => combine({})).toThrow(/data sets by name/);
    expect(() => combine({ "a.b": banking, a: combine({ b: banking, c: banking }) })).toThrow(/"a.b"/);
    const wrong = (relations: object) => () => combine({ banking, assistant }, { relations });
    expect(wrong({ same: [["banking/greting", "assistant/greet"]] })).toThrow(/Did you mean "banking\/greeting"/);
    expect(wrong({ sames: [] })).toThrow(/Did you mean "same"/);
    expect(wrong({ same: 1 })).toThrow(/array/);
    expect(
      wrong({
        same: [
          ["banking/greeting", "assistant/greet"],
          ["banking/exchange_rate", "assistant/greet"],
        ],
      }),
    ).toThrow(ContradictionError);
  });
});

describe("suspectedAliases", () => {
  it("counts the texts that two labels share", () => {
    const data = combine({
      banking,
      assistant,
      third: of([
        ["hello", "hi"],
        ["stop", "hi"],
      ]),
    });
    expect(suspectedAliases(data)).toEqual([
      { a: "assistant/greet", b: "third/hi", identicalTexts: 1 },
      { a: "assistant/greeting", b: "third/hi", identicalTexts: 1 },
      { a: "banking/greeting", b: "assistant/greet", identicalTexts: 1 },
      { a: "banking/greeting", b: "third/hi", identicalTexts: 1 },
    ]);
  });

  it("adds labels whose centroids are each other's nearest", () => {
    const left = of([
      ["a", "x"],
      ["b", "x"],
      ["c", "y"],
    ]);
    const right = of([
      ["d", "p"],
      ["e", "q"],
      ["f", "r"],
    ]);
    const data = combine({ left, right });
    // x's centroid is (1, 1)/√2, y's (0, 1); p (1, 0) is nearer to x, but x is nearest to q; r and y point apart.
    const embeddings = Float32Array.of(3, 0, 0, 1, 0, 2, 1, 0, 0.6, 0.6, 0, -1);
    const found = suspectedAliases(data, { embeddings });
    expect(found.map(({ a, b }) => [a, b])).toEqual([["left/x", "right/q"]]);
    expect(found[0]!.centroidSimilarity).toBeCloseTo(1, 6);
    expect(() => suspectedAliases(data, { embeddings: new Float32Array(13) })).toThrow(/6 × dim.*13/);
  });

  it("does not compare the labels of one row", () => {
    const row = { text: "a", x: "1", y: "1" };
    const data = labeled([row, row, { text: "a", x: "2", y: "" }], { value: "text", label: { x: "x", y: "y" } });
    expect(suspectedAliases(data)).toEqual([{ a: "x/2", b: "y/1", identicalTexts: 1 }]);
    expect(combine({ data }).relations.declarations.suspected).toBeUndefined(); // one part
  });

  it("gives pairs that withSuspected takes out of both sides", () => {
    const data = combine({ banking, assistant }, { suspectIdenticalTexts: false });
    const more = withSuspected(data, [...suspectedAliases(data), ["banking/card_arrival", "assistant/alarm_set"]]);
    expect([...more.relations.block(Uint32Array.of(0, 2), Uint32Array.of(3, 4), { unknown: "dissimilar" })]).toEqual([-1, 0, 0, -1]);
    expect(() => withSuspected(data, [["banking/x", "assistant/greet"]])).toThrow(/banking\/x/);
  });
});
