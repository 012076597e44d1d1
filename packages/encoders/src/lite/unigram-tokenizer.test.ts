import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { modelFolder } from "./model-files.js";
import { unigramTokenizer, type VocabularyEntry } from "./unigram-tokenizer.js";

const vocabulary: VocabularyEntry[] = JSON.parse(readFileSync(join(modelFolder(createRequire(import.meta.url)), "vocab.json"), "utf8"));
const tokenize = unigramTokenizer(vocabulary);

// What the tokenizer of @tensorflow-models/universal-sentence-encoder 1.3.3 gives for this vocabulary.
const golden: [text: string, tokens: number[]][] = [
  ["", []],
  ["How old are you?", [728, 446, 31, 19, 54]],
  ["a", [11]],
  [
    "Please transfer 1,250.50 € to Zoë's account: ASAP!!!",
    [1910, 3361, 2218, 288, 1019, 6, 1019, 30, 5853, 10, 4975, 7989, 13, 7, 826, 57, 4812, 2583, 1300],
  ],
  ["日本語 の テキスト 😀😀 x", [30, 0, 30, 0, 30, 0, 30, 0, 649]],
  ["  double  spaces\tand tabs ", [30, 30, 1991, 30, 1016, 7, 0, 381, 5520, 7, 30]],
  ["ﬁne ½ ＡＢＣ :-) http://example.com", [839, 207, 7935, 288, 74, 2512, 6600, 290, 255, 773, 1563, 147, 6, 167]],
  ["x\u0301y zzzzqqqq ∑∑∑ end", [649, 7934, 48, 30, 1093, 1093, 1111, 1111, 1111, 1111, 30, 0, 324]],
  ["ünïcödé —— dash 🚀🚀🚀", [30, 6980, 85, 0, 131, 6781, 29, 1133, 405, 1051, 1134, 552, 30, 0]],
];

describe("unigramTokenizer", () => {
  it.each(golden)("gives the tokens of the original for %j", (text, tokens) => {
    expect(tokenize(text)).toEqual(tokens);
  });

  it("finds the most probable of all ways to write a text", () => {
    const score = fc.integer({ min: 1, max: 90 }).map((tenths) => -tenths / 10);
    const pieces = fc.uniqueArray(fc.string({ unit: fc.constantFrom("a", "b", "▁"), minLength: 2, maxLength: 4 }), { maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom("a", "b", " "), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(pieces, fc.array(score, { minLength: 11, maxLength: 11 }), text, (longer, scores, words) => {
        const all = ["a", "b", "▁", ...longer];
        const entries: VocabularyEntry[] = [["?", 0], ...all.map((piece, i): VocabularyEntry => [piece, scores[i]!])];
        const tokens = unigramTokenizer(entries, 1)(words);
        const target = `▁${words.replaceAll(" ", "▁")}`;
        expect(tokens.map((token) => entries[token]![0]).join("")).toBe(target);
        const total = tokens.reduce((sum, token) => sum + entries[token]![1]!, 0);
        expect(total).toBeCloseTo(bestScore(target, entries.slice(1)), 9);
      }),
    );
  });

  it("prefers the shorter last piece where two ways are equally probable, like the original", () => {
    const entries: VocabularyEntry[] = [
      ["?", 0],
      ["▁", -1],
      ["a", -1],
      ["b", -1],
      ["ab", -2],
    ];
    expect(unigramTokenizer(entries, 1)("ab")).toEqual([1, 2, 3]);
  });

  it("counts a missing score as 0, and matches no reserved piece", () => {
    const entries: VocabularyEntry[] = [
      ["?", 0],
      ["</s>", 0],
      ["▁", -1],
      ["x", null],
      ["<", -1],
      ["/", -1],
      ["s", -1],
      [">", -1],
    ];
    expect(unigramTokenizer(entries, 2)("x</s>")).toEqual([2, 3, 4, 5, 6, 7]);
    expect(unigramTokenizer(entries, 0)("x</s>")).toEqual([2, 3, 1]);
  });
});

/** The best sum over all ways, tried one by one. */
function bestScore(text: string, entries: readonly VocabularyEntry[]): number {
  if (text === "") return 0;
  const starts = entries.filter(([piece]) => text.startsWith(piece));
  return Math.max(...starts.map(([piece, score]) => score! + bestScore(text.slice(piece.length), entries)));
}
