import { type PlainParameters, type PlainScoreBatch, scoreLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handScoreValue } from "../test/hand-batch.js";
import { cosine, euclidean, mean, sum } from "../test/plain-math.js";
import { embeddingDistillation } from "./embedding-distillation.js";

type Distance = (x: readonly number[], t: readonly number[]) => number;
const oracleOf =
  (distance: Distance) =>
  (batch: PlainScoreBatch, { kernel, bias }: PlainParameters) => {
    const projected = (row: readonly number[]) => (kernel ? bias![0]!.map((b, k) => b + sum(row.map((x, d) => x * kernel[d]![k]!))) : row);
    const { first, second, teacher } = batch;
    return mean(
      first.flatMap((row, i) => [distance(projected(row), teacher.first[i]!), distance(projected(second[i]!), teacher.second[i]!)]),
    );
  };
const distances = {
  cosine: (x, t) => 1 - cosine(x, t),
  squared: (x, t) => euclidean(x, t) ** 2 / x.length,
  euclidean,
} satisfies Record<string, Distance>;

describe("embeddingDistillation", () => {
  for (const distance of ["cosine", "squared", "euclidean"] as const) {
    const laws = scoreLossLaws(embeddingDistillation({ distance }), { oracle: oracleOf(distances[distance]) });
    for (const law of laws) it(`${distance}: ${law.title}`, law.run);
    const projecting = embeddingDistillation({ distance, projectionDim: 3 });
    for (const law of scoreLossLaws(projecting, { oracle: oracleOf(distances[distance]), teacherDim: 3 }))
      it(`${distance}, projecting: ${law.title}`, law.run);
  }

  const pairs = { first: atDegrees(0), second: [[3, 4]], teacher: { first: atDegrees(60), second: [[3, 0]] } };
  it("gives the values worked by hand", async () => {
    // Cosines 0.5 and 0.6: (0.5 + 0.4) / 2. Differences (0.5, −0.8660254) and (0, 4): squares 1 and 16, halved; lengths 1 and 4.
    expect(await handScoreValue(embeddingDistillation(), pairs)).toBeCloseTo(0.45, 6);
    expect(await handScoreValue(embeddingDistillation({ distance: "squared" }), pairs)).toBeCloseTo((1 / 2 + 16 / 2) / 2, 5);
    expect(await handScoreValue(embeddingDistillation({ distance: "euclidean" }), pairs)).toBeCloseTo(2.5, 5);
  });
  it("projects into the teacher's space", async () => {
    // (1, 0) · ((1), (2)) + 0.5 = 1.5 and (3, 4): 3 + 8 + 0.5 = 11.5, against 1 and 10: errors 0.5 and 1.5.
    const narrow = { ...pairs, teacher: { first: [[1]], second: [[10]] } };
    const loss = embeddingDistillation({ distance: "euclidean", projectionDim: 1 });
    expect(await handScoreValue(loss, narrow, { kernel: [[1], [2]], bias: [0.5] })).toBeCloseTo(1, 5);
  });
  it("says what it needs, and what is wrong", async () => {
    expect(embeddingDistillation()).toMatchObject({ needs: ["teacher"] });
    const narrow = { ...pairs, teacher: { first: [[1]], second: [[10]] } };
    await expect(handScoreValue(embeddingDistillation(), narrow)).rejects.toThrow(
      "`embeddingDistillation` needs embeddings of the teacher's dimension 1; received 2. Set `projectionDim: 1`",
    );
    expect(() => embeddingDistillation({ distance: "l2" as never })).toThrow("`embeddingDistillation.distance` must be one of");
    expect(() => embeddingDistillation({ projectionDim: 0.5 })).toThrow("`embeddingDistillation.projectionDim` must be a whole number");
  });
});
