import { type PlainScoreBatch, scoreLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handScoreValue } from "../test/hand-batch.js";
import { cosine, dot, mean, sum } from "../test/plain-math.js";
import { distillKL } from "./distill-kl.js";
import { pairedCosines } from "./paired-cosines.js";

type Likeness = (a: readonly number[], b: readonly number[]) => number;
const softmax = (logits: number[]) => logits.map((x) => Math.exp(x) / sum(logits.map(Math.exp)));
const oracleOf = (likeness: Likeness, ofStudent: number, ofTeacher: number) => (batch: PlainScoreBatch) =>
  mean(
    batch.first.map((a, i) => {
      const partners = [batch.second, ...batch.others].map((rows) => likeness(a, rows[i]!) / ofStudent);
      const [q, p] = [softmax(partners), softmax(batch.teacherScores[i]!.map((t) => t / ofTeacher))];
      return ofStudent ** 2 * sum(p.map((share, j) => share * Math.log(share / q[j]!)));
    }),
  );

describe("distillKL", () => {
  for (const law of scoreLossLaws(distillKL(), { oracle: oracleOf(dot, 1, 1) })) it(law.title, law.run);
  const two = distillKL({ temperature: 2, studentTemperature: 0.5, similarities: pairedCosines });
  for (const law of scoreLossLaws(two, { oracle: oracleOf(cosine, 0.5, 2) })) it(`two temperatures: ${law.title}`, law.run);

  const pairs = { first: atDegrees(0), second: atDegrees(0), others: [atDegrees(90)], teacherScores: [[Math.log(3), 0]] };
  it("gives the value worked by hand", async () => {
    // Teacher's shares 3/4 and 1/4. Student's logits 1 and 0: shares 0.7310586, 0.2689414: 0.75 log(0.75 / 0.7310586) + 0.25 log(0.25 / 0.2689414)
    // = 0.75 · 0.0255796 − 0.25 · 0.0730327 = 0.0009265.
    expect(await handScoreValue(distillKL(), pairs)).toBeCloseTo(0.0009265, 6);
    // T_s = 2: shares of e^0.5 : 1 = 0.6224593, 0.3775407; 4 · (0.75 · 0.1863949 − 0.25 · 0.4122174) = 0.1469674.
    expect(await handScoreValue(distillKL({ studentTemperature: 2 }), pairs)).toBeCloseTo(0.1469674, 5);
    // T_t = 0.5: shares of 9 : 1; 0.9 log(0.9 / 0.7310586) + 0.1 log(0.1 / 0.2689414) = 0.0881823.
    expect(await handScoreValue(distillKL({ teacherTemperature: 0.5 }), pairs)).toBeCloseTo(
      0.9 * Math.log(0.9 / 0.7310586) + 0.1 * Math.log(0.1 / 0.2689414),
      5,
    );
  });
  it("says what it needs, and which option is wrong", async () => {
    expect(distillKL()).toMatchObject({ needs: ["teacherScores"], leastOthers: 1 });
    await expect(handScoreValue(distillKL(), { first: [[1]], second: [[1]], teacherScores: [[1]] })).rejects.toThrow(
      "`distillKL` needs 1 or more",
    );
    for (const option of ["temperature", "studentTemperature", "teacherTemperature"])
      expect(() => distillKL({ [option]: 0 })).toThrow(`\`distillKL.${option}\` must be a finite number above 0`);
    expect(() => distillKL({ similarities: 1 as never })).toThrow("`distillKL.similarities` must be a function");
  });
});
