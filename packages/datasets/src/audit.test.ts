import { describe, expect, it } from "vitest";
import { auditData } from "./audit.js";
import { formatAudit } from "./format-audit.js";
import { labeled } from "./labeled.js";

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
    });
    expect(report.spaces.map(({ set, space }) => `${set} ${space}`)).toEqual([
      "train banking",
      "train assistant",
      "test banking",
      "test assistant",
    ]);
  });

  it("finds texts under labels of two spaces, as they are and normalised", () => {
    expect(report.identical.exact).toEqual([{ a: "assistant/hi", b: "banking/greet", texts: 1, example: "hello" }]);
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

  it("finds training texts in the test data, within a set and across sets", () => {
    expect(report.leaks).toEqual([
      { train: "banking", test: "assistant", exact: 2, normalized: 2, example: "hello" },
      { train: "assistant", test: "assistant", exact: 2, normalized: 2, example: "hello" },
      { train: "banking", test: "banking", exact: 0, normalized: 1, example: "where is my card!" },
    ]);
  });

  it("expects as many false negatives as the chance of both labels says", () => {
    // 2 labels a batch, shares √5 : √4; 4 and 3 labels; 3 samples each.
    const shares = [Math.sqrt(5), 2].map((weight) => weight / (Math.sqrt(5) + 2));
    const { falseNegatives } = auditData({ train: { banking, assistant } }, { labelsPerBatch: 2, samplesPerLabel: 3 });
    expect(falseNegatives.perBatch).toBeCloseTo(((2 * shares[0]!) / 4) * ((2 * shares[1]!) / 3) * 9, 12);
  });

  it("changes nothing", () => {
    expect(banking.values.length).toBe(5);
    expect(banking.relations.declarations).toEqual({});
  });

  it("says what it expects", () => {
    expect(() => auditData({} as never)).toThrow(/train/);
    expect(() => auditData({ train: { banking } }, { labelsPerBatch: 0 })).toThrow(/labelsPerBatch/);
  });
});

describe("formatAudit", () => {
  it("fits a terminal of 100 columns, whatever the names", () => {
    const long = of(Array.from({ length: 30 }, (_, i) => [`${"long text ".repeat(20)}${i >> 1}`, `${"label".repeat(30)}${i}`] as const));
    const page = formatAudit(auditData({ train: { long, ["name".repeat(40)]: long }, test: { long } }));
    for (const line of page.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    expect(page).toContain("and 50 more"); // 15 texts, each under two labels here and two there: 60 pairs of labels
  });

  it("shows what was found", () => {
    const page = formatAudit(auditData({ train: { banking, assistant }, test }));
    expect(page).toMatch(/train +banking +5 +4 +1 \(card\) +2 \(greet\) +3/);
    expect(page).toMatch(/banking +banking +0 +1 +where is my card!/);
    expect(
      formatAudit(
        auditData({
          train: {
            banking: of([
              ["a", "x"],
              ["b", "y"],
            ]),
          },
        }),
      ),
    ).toMatch(/Training texts in the test data\n {2}none/);
  });
});
