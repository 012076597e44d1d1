import { describe, expect, it } from "vitest";
import { combine } from "./combine.js";
import { labelInWords, withLabelNames } from "./label-names.js";
import { labeled } from "./labeled.js";
import { pairs } from "./pairs.js";
import { subset, withoutLabels } from "./subset.js";

const rows = [
  { text: "where is my card", label: "card_arrival", weight: 1 },
  { text: "Money back", label: "moneyBack", weight: 1 },
  { text: "please give it back", label: "moneyBack", weight: 1 },
  { text: "what", label: "7", weight: 1 },
];
const data = labeled(rows, { value: "text", label: "label" });
const labelled = (given: typeof data) => given.values.map((value, row) => [value, ...given.labelsOf(row)]);

describe("withLabelNames", () => {
  it("adds a sample of each label, its name in words, but for names that tell nothing or stand there already", () => {
    const named = withLabelNames(data);
    expect(labelled(named)).toEqual([...labelled(data), ["card arrival", "default/card_arrival"]]);
    expect(named.spaces[0]!.labels).toEqual(data.spaces[0]!.labels);
    expect([...named.spaces[0]!.rows]).toEqual([0, 1, 2, 3, 4]);
    expect(labelled(data)).toHaveLength(4);
  });

  it("takes what the caller says stands for a label, of any kind of value", () => {
    const pictures = labeled([{ pixels: [1, 2], label: "cat" }], { value: ({ pixels }) => pixels, label: "label" });
    const named = withLabelNames(pictures, { value: (label, space) => [label.length, space.length] });
    expect(named.values).toEqual([
      [1, 2],
      [3, 7],
    ]);
    expect(() => withLabelNames(pictures)).toThrow(/`withLabelNames.value` must say what stands for a label, as the values are no texts/);
    expect(() => withLabelNames(data, { value: "name" as never })).toThrow(/`withLabelNames.value` must be a function.*"name"/);
    expect(() => withLabelNames(data, { names: 1 } as never)).toThrow(/names/);
  });

  it("keeps spaces apart, relations, pairs and weights, and adds nothing for a label without samples", () => {
    const other = labeled([{ text: "a card", label: "card" }], { value: "text", label: "label" });
    const relations = { narrower: [["bank/card_arrival", "other/card"] as const] };
    const both = combine({ bank: data, other }, { relations, weights: { bank: 2 } });
    const named = withLabelNames(withoutLabels(both, ["bank/card_arrival"]));
    expect(labelled(named).slice(-1)).toEqual([["card", "other/card"]]);
    expect(named.relations.declarations).toEqual(both.relations.declarations);
    expect([...named.weights!]).toEqual([2, 2, 2, 1, 1]);
    expect([...named.nameRows!]).toEqual([4]);
    expect(labelled(withLabelNames(both)).slice(-2)).toEqual([
      ["card arrival", "bank/card_arrival"],
      ["card", "other/card"],
    ]);
  });
});

describe("a name that two spaces share", () => {
  const one = labeled([{ text: "hello there", label: "greeting" }], { value: "text", label: "label" });
  const two = labeled([{ text: "good day", label: "greeting" }], { value: "text", label: "label" });
  const asked = labeled([{ text: "Greeting", label: "other" }], { value: "text", label: "label" });

  it("is a sample of each", () => {
    const named = withLabelNames(combine({ one, two }));
    expect(labelled(named).slice(2)).toEqual([
      ["greeting", "one/greeting"],
      ["greeting", "two/greeting"],
    ]);
    expect([...named.nameRows!]).toEqual([2, 3]);
  });
  it("is added to a space where the text has a label of another space alone, and not where it stands without a label", () => {
    expect(labelled(withLabelNames(combine({ one, asked }))).slice(2)).toEqual([
      ["greeting", "one/greeting"],
      ["other", "asked/other"],
    ]);
    const given = pairs([{ a: "Greeting", b: "hello" }], { a: "a", b: "b" });
    expect(withLabelNames(combine({ one, given })).values).toEqual(["hello there", "Greeting", "hello"]);
  });
});

describe("rows that are names", () => {
  it("are known as such, also after a choice of rows and among other data", () => {
    const named = withLabelNames(data);
    expect([...named.nameRows!]).toEqual([4]);
    expect(data.nameRows).toBeUndefined();
    expect([...subset(named, [4, 0]).nameRows!]).toEqual([0]);
    expect(subset(named, [0, 1]).nameRows).toBeUndefined();
    expect([...combine({ bank: data, more: named }).nameRows!]).toEqual([8]);
  });
});

describe("labelInWords", () => {
  it.each([
    ["card_arrival", "card arrival"],
    ["cardArrival", "card arrival"],
    ["general/quirky-one", "general quirky one"],
    ["Überweisung:fehlt", "Überweisung fehlt"],
    ["ATMSupport", "ATMSupport"],
    ["12", undefined],
    ["_", undefined],
  ])("reads %s as %s", (label, words) => expect(labelInWords(label)).toBe(words));
});
