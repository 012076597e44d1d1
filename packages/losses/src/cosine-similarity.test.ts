import { type PlainScoreBatch, scoreLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handScoreValue } from "../test/hand-batch.js";
import { cosine, mean } from "../test/plain-math.js";
import { cosineSimilarity } from "./cosine-similarity.js";

const errors = ({ first, second, scores }: PlainScoreBatch) => first.map((a, i) => cosine(a, second[i]!) - scores[i]!);

describe("cosineSimilarity", () => {
  for (const law of scoreLossLaws(cosineSimilarity(), { oracle: (batch) => mean(errors(batch).map((e) => e * e)) })) it(law.title, law.run);
  const absolute = scoreLossLaws(cosineSimilarity({ error: "absolute" }), { oracle: (batch) => mean(errors(batch).map(Math.abs)) });
  for (const law of absolute) it(`absolute: ${law.title}`, law.run);

  it("gives the value worked by hand", async () => {
    // Cosines 0.5 and −1 against 1 and 0: errors −0.5 and −1.
    const pairs = { first: atDegrees(0, 0), second: atDegrees(60, 180), scores: [1, 0] };
    expect(await handScoreValue(cosineSimilarity(), pairs)).toBeCloseTo((0.25 + 1) / 2, 6);
    expect(await handScoreValue(cosineSimilarity({ error: "absolute" }), pairs)).toBeCloseTo((0.5 + 1) / 2, 6);
  });
  it("says which option is wrong", () => {
    expect(() => cosineSimilarity({ error: "l1" as never })).toThrow("`cosineSimilarity.error` must be one of");
  });
});
