import { scoreLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handScoreValue } from "../test/hand-batch.js";
import { euclidean, mean } from "../test/plain-math.js";
import { meanSquaredError } from "./mean-squared-error.js";

describe("meanSquaredError", () => {
  const laws = scoreLossLaws(meanSquaredError(), {
    oracle: ({ first, second, teacher }) => {
      const error = (x: readonly number[], t: readonly number[]) => euclidean(x, t) ** 2 / x.length;
      return mean(first.flatMap((row, i) => [error(row, teacher.first[i]!), error(second[i]!, teacher.second[i]!)]));
    },
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // Differences (0.5, −0.8660254) and (0, 4): squares 1 and 16 over two coordinates: (0.5 + 8) / 2.
    const pairs = { first: atDegrees(0), second: [[3, 4]], teacher: { first: atDegrees(60), second: [[3, 0]] } };
    expect(await handScoreValue(meanSquaredError(), pairs)).toBeCloseTo(4.25, 5);
  });
  it("says what is wrong", async () => {
    const narrow = { first: [[1, 2]], second: [[1, 2]], teacher: { first: [[1]], second: [[1]] } };
    await expect(handScoreValue(meanSquaredError(), narrow)).rejects.toThrow(
      "`meanSquaredError` needs embeddings of the teacher's dimension 1",
    );
    expect(() => meanSquaredError({ margin: 1 } as object)).toThrow("`meanSquaredError` has no option `margin`");
  });
});
