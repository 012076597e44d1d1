import { type PlainScoreBatch, scoreLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handScoreValue } from "../test/hand-batch.js";
import { cosine, sum } from "../test/plain-math.js";
import { coSENT } from "./co-sent.js";
import { pairedDotProducts } from "./paired-dot-products.js";

const oracle = ({ first, second, scores }: PlainScoreBatch) => {
  const s = first.map((a, i) => 5 * cosine(a, second[i]!));
  return Math.log1p(sum(s.flatMap((low, i) => s.flatMap((high, j) => (scores[i]! < scores[j]! ? [Math.exp(low - high)] : [])))));
};

describe("coSENT", () => {
  for (const law of scoreLossLaws(coSENT({ scale: 5 }), { oracle })) it(law.title, law.run);

  // Cosines 1, 0.5 and 0, scores 0.2, 0.9 and 0.2: pair 1 must lead 0 and 2, which do not judge one another.
  const pairs = { first: atDegrees(0, 0, 0), second: atDegrees(0, 60, 90), scores: [0.2, 0.9, 0.2] };
  it("gives the value worked by hand", async () => {
    // Scale 2: log(1 + e^(2 − 1) + e^(0 − 1)) = log(4.0861613) = 1.4076060. Dot products with rows twice as long: e^(4 − 2), e^(0 − 2).
    expect(await handScoreValue(coSENT({ scale: 2 }), pairs)).toBeCloseTo(1.407606, 6);
    const long = { ...pairs, first: pairs.first.map((row) => row.map((x) => 2 * x)) };
    const dots = coSENT({ scale: 2, similarities: pairedDotProducts });
    expect(await handScoreValue(dots, long)).toBeCloseTo(Math.log(1 + Math.exp(2) + Math.exp(-2)), 5);
  });
  it("is the same whether its sums are one product or taken pair by pair, at scales that float32's exponentials do not reach", async () => {
    for (const scale of [20, 69, 71, 500]) {
      const sums = sum([0, 2].map((i) => Math.exp(scale * ([1, 0.5, 0][i]! - 0.5))));
      expect(await handScoreValue(coSENT({ scale }), pairs)).toBeCloseTo(Math.log1p(sums), 3);
    }
    for (const law of scoreLossLaws(coSENT({ scale: 100 }))) await law.run();
  });
  it("counts scores by their order alone", async () => {
    const [given, stretched] = [
      await handScoreValue(coSENT(), pairs),
      await handScoreValue(coSENT(), { ...pairs, scores: [0.88, 0.9, 0.88] }),
    ];
    expect(stretched).toBe(given);
  });
  it("needs whole batches", () => {
    expect(coSENT()).toMatchObject({ wholeBatch: true, memory: false });
  });
  it("says which option is wrong", () => {
    expect(() => coSENT({ scale: 0 })).toThrow("`coSENT.scale` must be a finite number above 0");
    expect(() => coSENT({ similarities: "cosine" as never })).toThrow(
      "`coSENT.similarities` must be a function of two matrices with a number for each row, such as pairedCosines",
    );
  });
});
