import { labeled } from "@quaterion/datasets";
import { hashingEncoder } from "@quaterion/encoders";
import { describe, expect, it } from "vitest";
import { withTellingNames } from "../src/label-names.js";
import type { Screen } from "../src/screen.js";

const texts = {
  card: ["i lost my card", "the card was stolen", "card declined", "where is the card"],
  transfer: ["transfer to savings", "a transfer that failed", "cancel the transfer", "transfer fees"],
  exchange_rate: ["what exchange rate", "exchange rate of euros", "the rate you exchange at", "exchange dollars, what rate"],
};

async function told(rename: (label: string) => string) {
  const lines: string[] = [];
  const screen: Screen = {
    line: (text = "") => void lines.push(text),
    heading: () => {},
    table: () => {},
    work: (_, run) => run(() => {}),
  };
  const rows = Object.entries(texts).flatMap(([label, own]) => own.map((text) => ({ text, label: rename(label) })));
  const train = labeled(rows, { value: "text", label: "label" });
  const { bank } = await withTellingNames(screen, hashingEncoder(), { bank: { train, test: train } });
  return { added: bank!.train.values.slice(train.values.length), test: bank!.test === train, lines };
}

describe("label names", () => {
  it("are examples where they find texts of their labels", async () => {
    const { added, test, lines } = await told((label) => label);
    expect(added).toEqual(["card", "exchange rate", "transfer"]);
    expect(test).toBe(true);
    expect(lines).toEqual([
      'Label names of bank, such as "card", find 100.0 % of its training texts on their own: each counts as one example (--no-label-names: none does).',
    ]);
  });

  it.each<[string, (label: string) => string]>([
    ["are swapped", (label) => ({ card: "transfer", transfer: "exchange_rate", exchange_rate: "card" })[label]!],
    ["are numbers", (label) => String(Object.keys(texts).indexOf(label))],
    ["are numbered", (label) => `class ${Object.keys(texts).indexOf(label)}`],
  ])("are left out where they %s", async (_, rename) => {
    const { added, lines } = await told(rename);
    expect(added).toEqual([]);
    expect(lines).toEqual(["Label names of bank say nothing about its texts, and are left out."]);
  });
});
