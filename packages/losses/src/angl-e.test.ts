import { type PlainScoreBatch, scoreLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { handScoreValue } from "../test/hand-batch.js";
import { dot, sum } from "../test/plain-math.js";
import { anglE } from "./angl-e.js";

/** The paper's quotient of complex numbers, part by part. */
function angle(first: readonly number[], second: readonly number[]): number {
  const half = Math.ceil(first.length / 2);
  const complex = (row: readonly number[], k: number) => [row[k]!, row[half + k] ?? 0] as const;
  let [real, imaginary] = [0, 0];
  for (let k = 0; k < half; k++) {
    const [[a, b], [c, d]] = [complex(first, k), complex(second, k)];
    real += (a * c + b * d) / dot(second, second);
    imaginary += (b * c - a * d) / dot(second, second);
  }
  return Math.abs((real + imaginary) / Math.sqrt(dot(first, first) / dot(second, second)));
}

const oracle = ({ first, second, scores }: PlainScoreBatch) => {
  const s = first.map((a, i) => 5 * angle(a, second[i]!));
  return Math.log1p(sum(s.flatMap((low, i) => s.flatMap((high, j) => (scores[i]! < scores[j]! ? [Math.exp(low - high)] : [])))));
};

describe("anglE", () => {
  for (const law of scoreLossLaws(anglE({ scale: 5 }), { oracle })) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // In the plane a row is one complex number. (1, 0) / (0, 1) = 1 / i = −i: |0 − 1| = 1. (0, 1) / (1, 0) = i: 1.
    // (3, 4) / (0, 5) = (3 + 4i) / 5i = 0.8 − 0.6i: 0.2. Scores 0, 1 and 0.5, scale 2: the pairs (0, 1), (0, 2), (2, 1) judge:
    // log(1 + e^(2 − 2) + e^(2 − 0.4) + e^(0.4 − 2)) = log(1 + 1 + 4.9530324 + 0.2018965) = log(7.1549289) = 1.9678014.
    const pairs = {
      first: [
        [1, 0],
        [0, 1],
        [3, 4],
      ],
      second: [
        [0, 1],
        [1, 0],
        [0, 5],
      ],
      scores: [0, 1, 0.5],
    };
    expect(await handScoreValue(anglE({ scale: 2 }), pairs)).toBeCloseTo(1.9678014, 5);
  });
  it("needs whole batches", () => {
    expect(anglE()).toMatchObject({ wholeBatch: true, memory: false });
  });
  it("says which option is wrong", () => {
    expect(() => anglE({ scale: 0 })).toThrow("`anglE.scale` must be a finite number above 0");
  });
});
