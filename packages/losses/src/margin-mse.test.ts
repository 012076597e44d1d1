import { type PlainScoreBatch, scoreLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handScoreValue } from "../test/hand-batch.js";
import { dot, mean } from "../test/plain-math.js";
import { marginMSE } from "./margin-mse.js";
import { pairedCosines } from "./paired-cosines.js";

const oracle = ({ first, second, others, teacherScores }: PlainScoreBatch) =>
  mean(
    first.flatMap((a, i) =>
      others.map((other, k) => {
        const teacher = teacherScores[i]![0]! - teacherScores[i]![1 + k]!;
        return (dot(a, second[i]!) - dot(a, other[i]!) - teacher) ** 2;
      }),
    ),
  );

describe("marginMSE", () => {
  for (const law of scoreLossLaws(marginMSE(), { oracle })) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // Anchor (2, 0); positive (1, 0), negatives (0.5, 0.8660254) and (0, 1): products 2, 1, 0, margins 1 and 2; teacher's 3, 2.5, −1: 0.5 and 4.
    // Errors 0.5 and −2: (0.25 + 4) / 2. Cosines 1, 0.5, 0: errors 0 and −3: 4.5.
    const pairs = { first: [[2, 0]], second: atDegrees(0), others: [atDegrees(60), atDegrees(90)], teacherScores: [[3, 2.5, -1]] };
    expect(await handScoreValue(marginMSE(), pairs)).toBeCloseTo(2.125, 5);
    expect(await handScoreValue(marginMSE({ similarities: pairedCosines }), pairs)).toBeCloseTo(4.5, 5);
  });
  it("says what it needs, and which option is wrong", async () => {
    expect(marginMSE()).toMatchObject({ needs: ["teacherScores"], leastOthers: 1 });
    await expect(handScoreValue(marginMSE(), { first: [[1]], second: [[1]], teacherScores: [[1]] })).rejects.toThrow(
      "`marginMSE` needs 1 or more",
    );
    expect(() => marginMSE({ similarities: 1 as never })).toThrow("`marginMSE.similarities` must be a function");
  });
});
