import fc from "fast-check";
import { expect, it } from "vitest";
import { normalizedText, repeatedValues } from "./text-occurrences.js";

it.each([
  ["Where is\tmy  CARD ?!", "where is my card"],
  ["ＣＡＲＤ　２", "card 2"], // full-width forms, ideographic space
  ["ﬁle — “naïve”", "file naïve"],
  ["ÉTÉ…", "été"],
  ["$5.00 (USD)", "500 usd"],
  ["?!", undefined],
  ["  ", undefined],
  [5, undefined],
])("a text is normalised: %j", (text, expected) => {
  expect(normalizedText(text)).toBe(expected);
});

it("the short way for ASCII gives what the long way gives", () => {
  const ascii = fc.string({ unit: "grapheme-ascii", maxLength: 30 });
  const long = (text: string) => {
    const plain = text.normalize("NFKC").toLowerCase().replace(/[\p{P}\p{S}]+/gu, "").replace(/\s+/gu, " ").trim(); // biome-ignore format: one formula
    return plain === "" ? undefined : plain;
  };
  fc.assert(
    fc.property(ascii, (text) => normalizedText(text) === long(text)),
    { numRuns: 500 },
  );
});

it("repeated values are found over all lists, in the order they occur in; values without a key are passed over", () => {
  expect(
    repeatedValues(
      [
        ["a", "b", 0, "a"],
        ["b", 0, "a"],
      ],
      (value) => (typeof value === "string" ? value : undefined),
    ),
  ).toEqual([
    [
      { list: 0, row: 0 },
      { list: 0, row: 3 },
      { list: 1, row: 2 },
    ],
    [
      { list: 0, row: 1 },
      { list: 1, row: 0 },
    ],
  ]);
});
