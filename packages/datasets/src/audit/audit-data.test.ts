import { describe, expect, it } from "vitest";
import { labeled } from "../labeled.js";
import { auditData } from "./audit-data.js";

const of = (samples: readonly (readonly [string, string])[]) =>
  labeled(
    samples.map(([text, label]) => ({ text, label })),
    { value: "text", label: "label" },
  );
const banking = of([
  ["Where is my card?", "card"],
  ["where is my card", "delivery"],
  ["hello", "greet"],
  ["HELLO!", "greet"],
  ["one", "single"],
]);
const assistant = of([
  ["hello", "hi"],
  ["set an alarm", "alarm"],
  ["set an alarm", "wake"],
  ["alarm", "alarm"],
]);
const test = {
  banking: of([
    ["where is my card!", "card"],
    ["new", "greet"],
  ]),
  assistant: of([
    ["hello", "hi"],
    ["hello", "hi"],
  ]),
};

describe("auditData", () => {
  const report = auditData({ train: { banking, assistant }, test });

  it("counts rows, labels and labels with one example, set by set", () => {
    expect(report.spaces[0]).toEqual({
      set: "train",
      space: "banking",
      rows: 5,
      labels: 4,
      smallest: { label: "card", rows: 1 },
      largest: { label: "greet", rows: 2 },
      singles: ["card", "delivery", "single"],
      few: [
        { label: "card", rows: 1 },
        { label: "delivery", rows: 1 },
        { label: "single", rows: 1 },
        { label: "greet", rows: 2 },
      ],
    });
    expect(report.spaces.map(({ set, space }) => `${set} ${space}`)).toEqual([
      "train banking",
      "train assistant",
      "test banking",
      "test assistant",
    ]);
  });

  it("finds texts under labels of two spaces, as they are and normalised", () => {
    const rows = [
      { set: "assistant", row: 0 },
      { set: "banking", row: 2 },
    ];
    expect(report.identical.exact).toEqual([
      { a: "assistant/hi", b: "banking/greet", texts: 1, example: "hello", places: [{ text: "hello", rows }] },
    ]);
    expect(report.identical.normalized.map(({ texts }) => texts)).toEqual([1]);
    expect(report.aliases).toEqual([{ a: "banking/greet", b: "assistant/hi", identicalTexts: 1 }]);
  });

  it("does not compare the labels of one row", () => {
    const rows = [
      { text: "a", x: "1", y: "1" },
      { text: "a", x: "", y: "2" },
    ];
    const data = labeled(rows, { value: "text", label: { x: "x", y: "y" } });
    expect(auditData({ train: { data } }).identical.exact.map(({ a, b }) => [a, b])).toEqual([["data.x/1", "data.y/2"]]);
  });

  it("finds texts under two labels of one space", () => {
    expect(report.conflicts.map(({ a, b }) => [a, b])).toEqual([
      ["assistant/alarm", "assistant/wake"],
      ["banking/card", "banking/delivery"],
    ]);
  });

  it("counts a text of three labels once, and in each pair of them", () => {
    const data = of([
      ["a", "x"],
      ["A", "y"],
      ["a.", "z"],
      ["b", "x"],
    ]);
    const { conflicts, conflictingTexts } = auditData({ train: { data } });
    expect([conflicts.length, conflictingTexts]).toEqual([3, 1]);
  });

  it("finds test texts that are in the training data, within a set and across sets, and says which rows", () => {
    const found = report.leaks.map(({ train, test, exact, normalized, rows, nearRows, of, example }) => [
      `${train} ${test}`,
      exact,
      normalized,
      rows,
      nearRows,
      of,
      example,
    ]);
    expect(found).toEqual([
      ["banking assistant", 2, 2, [0, 1], [], 2, "hello"],
      ["assistant assistant", 2, 2, [0, 1], [], 2, "hello"],
      ["banking banking", 0, 1, [0], [], 2, "where is my card!"],
    ]);
    expect(report.leaks[2]!.texts).toEqual([
      {
        kind: "normalized",
        test: { row: 0, text: "where is my card!", labels: ["card"] },
        train: { row: 0, text: "Where is my card?", labels: ["card"] },
      },
    ]);
  });

  it("finds equal records and vectors as it finds equal texts", () => {
    const vectors = (numbers: number[]) =>
      labeled(
        numbers.map((n) => ({ n })),
        { value: ({ n }) => Float32Array.of(n, 1), label: ({ n }) => `${n > 2}` },
      );
    const { leaks } = auditData({ train: { set: vectors([1, 2, 3]) }, test: { set: vectors([3, 4]) } });
    expect(leaks.map(({ exact, rows, example }) => [exact, rows, example])).toEqual([[1, [0], "(Float32Array of 8 bytes)"]]);
  });

  it("finds test labels that training does not have", () => {
    const more = of([
      ["bye", "leave"],
      ["see you", "leave"],
      ["hey", "greet"],
    ]);
    expect(auditData({ train: { banking }, test: { banking: more, assistant: more } }).untrained).toEqual([
      { space: "banking", label: "leave", rows: 2 },
    ]);
  });

  it("says how much of the rows and of the batches each set is, and which is drowned", () => {
    const many = of(Array.from({ length: 125 }, (_, i) => [`text ${i}`, `${i % 5}`] as const));
    const { balance } = auditData({ train: { banking, many } });
    expect(balance.map(({ space, rows, outnumbered, drowned }) => [space, rows, outnumbered, drowned])).toEqual([
      ["many", 125, 1, false],
      ["banking", 5, 25, true],
    ]);
    expect(balance[1]!.shareOfRows).toBeCloseTo(5 / 130, 12);
    expect(balance[1]!.shareOfBatches).toBeCloseTo(Math.sqrt(5) / (Math.sqrt(5) + Math.sqrt(125)), 12);
    expect(auditData({ train: { banking, many } }, { drownedBy: 26 }).balance[1]!.drowned).toBe(false);
  });

  it("expects as many false negatives as the chance of both labels says", () => {
    // 2 labels a batch, shares √5 : √4; 4 and 3 labels; 3 samples each.
    const shares = [Math.sqrt(5), 2].map((weight) => weight / (Math.sqrt(5) + 2));
    const { falseNegatives } = auditData({ train: { banking, assistant } }, { labelsPerBatch: 2, samplesPerLabel: 3 });
    expect(falseNegatives.perBatch).toBeCloseTo(((2 * shares[0]!) / 4) * ((2 * shares[1]!) / 3) * 9, 12);
    const samples = shares.map((share) => 2 * share * 3); // fewer than either set has labels
    expect(falseNegatives.of).toBeCloseTo(samples[0]! * samples[1]!, 12);
  });

  it("suspects no pair that is declared, or whose relation follows from what is", () => {
    const aliases = (relations: object) =>
      auditData({ train: { banking, assistant } }, { relations }).aliases.map(({ a, b }) => `${a} ${b}`);
    expect(aliases({})).toEqual(["banking/greet assistant/hi"]);
    expect(aliases({ same: [["banking/greet", "assistant/hi"]] })).toEqual([]);
    expect(aliases({ narrower: [["assistant/hi", "banking/greet"]] })).toEqual([]);
    expect(aliases({ disjoint: [["banking/greet", "assistant/hi"]] })).toEqual([]);
    expect(aliases({ same: [["banking/card", "assistant/hi"]] })).toEqual([]); // card is not greet, so hi is not
    expect(aliases({ suspected: [["banking/greet", "assistant/hi"]] })).toHaveLength(1);
    expect(() => aliases({ same: [["banking/gret", "assistant/hi"]] })).toThrow(/banking\/greet/);
  });

  it("changes nothing", () => {
    expect(banking.values.length).toBe(5);
    expect(banking.relations.declarations).toEqual({});
  });

  it("says what it expects", () => {
    expect(() => auditData({} as never)).toThrow(/train/);
    expect(() => auditData({ train: banking } as never)).toThrow(/`auditData\.train\.\w+` must be training data.*by the set's name/);
    expect(() => auditData({ train: { banking }, test: { banking: [] } } as never)).toThrow(
      /`auditData\.test\.banking` must be training data/,
    );
    expect(() => auditData({ train: { banking } }, { labelsPerBatch: 0 })).toThrow(/labelsPerBatch/);
  });
});
