import { type PlainRelationBatch, relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { mean, related, sum, unitEuclidean } from "../test/plain-math.js";
import { dynamicSoftMargin } from "./dynamic-soft-margin.js";

function gaps(batch: PlainRelationBatch, hardest: boolean): number[] {
  return batch.anchors.flatMap((row, i) => {
    const d = (j: number) => unitEuclidean(row, batch.candidates[j]!);
    const negatives = related(batch, i, -1).map(d);
    if (negatives.length === 0) return [];
    return related(batch, i, 1).flatMap((p) => (hardest ? [Math.min(...negatives)] : negatives).map((n) => d(p) - n));
  });
}

/** For each x the share of the soft histogram of all x at the node under it or lower. */
function shares(all: number[], bins: number): number[] {
  const width = 4 / bins;
  const counts = Array.from({ length: bins + 1 }, (_, r) => sum(all.map((x) => Math.max(0, 1 - Math.abs(x + 2 - r * width) / width))));
  return all.map((x) => sum(counts.slice(0, Math.floor((x + 2) / width) + 1)) / all.length);
}

describe("dynamicSoftMargin", () => {
  for (const negatives of ["hardest", "every"] as const) {
    const laws = relationLossLaws(dynamicSoftMargin({ negatives, bins: 9 }), {
      oracle: (batch, _, fixed) => {
        const weights = shares(gaps(fixed, negatives === "hardest"), 9); // the weights take no gradient
        return mean(gaps(batch, negatives === "hardest").map((x, at) => weights[at]! * x));
      },
    });
    for (const law of laws) it(`${negatives}: ${law.title}`, law.run);
  }

  // From 0°: similar at 60° (d = 1) and 90° (√2), dissimilar at 180° (2) and −60° (1).
  const at = (negatives: "hardest" | "every") =>
    handValue(dynamicSoftMargin({ negatives, bins: 4 }), atDegrees(0), [[1, 1, -1, -1]], atDegrees(60, 90, 180, -60));
  const root = Math.SQRT2;

  it("gives the value of the hardest triplets worked by hand", async () => {
    // x = 0 and √2 − 1 = 0.4142136, nodes −2, −1, 0, 1, 2. Node 0 has 1 + 0.5857864 of 2: both weigh 0.7928932.
    expect(await at("hardest")).toBeCloseTo((0.7928932 * (root - 1)) / 2, 4);
  });
  it("gives the value of all triplets worked by hand", async () => {
    // x = −1, √2 − 2 = −0.5857864, 0, 0.4142136. Node −1 has 1.5857864, node 0 as well 0.4142136 + 1 + 0.5857864 = 2, of 4: weights 0.3964466 twice,
    // 0.8964466 twice.
    expect(await at("every")).toBeCloseTo((0.3964466 * (-1 + root - 2) + 0.8964466 * (root - 1)) / 4, 4);
  });
  it("lets an anchor of weight 2 count as two in the histogram", async () => {
    const [rows, others] = [atDegrees(0, 40), atDegrees(60, 90, 180, -50)];
    const of = [
      [1, 1, -1, -1],
      [1, -1, 1, -1],
    ];
    for (const negatives of ["hardest", "every"] as const) {
      const loss = dynamicSoftMargin({ negatives, bins: 7 });
      const twice = await handValue(loss, [rows[0]!, ...rows], [of[0]!, ...of], others);
      expect(await handValue(loss, rows, of, others, [2, 1])).toBeCloseTo(twice, 5);
    }
  });
  it("goes through many candidates in blocks", async () => {
    const anchors = atDegrees(3, 77);
    const candidates = Array.from({ length: 130 }, (_, j) => [Math.cos(j), Math.sin(j)]);
    const relations = anchors.map((_, i) => candidates.map((_, j) => [1, -1, 0, -1][(i + j) % 4]!));
    const all = gaps({ anchors, candidates, relations, inBatch: false }, false);
    const expected = mean(shares(all, 10).map((share, at) => share * all[at]!));
    expect(await handValue(dynamicSoftMargin({ negatives: "every", bins: 10 }), anchors, relations, candidates)).toBeCloseTo(expected, 4);
  });
  it("says which option is wrong", () => {
    expect(() => dynamicSoftMargin({ negatives: "all" as never })).toThrow("`dynamicSoftMargin.negatives`");
    expect(() => dynamicSoftMargin({ lowest: -1 })).toThrow("`dynamicSoftMargin.lowest` must be a finite number of −2 or less");
    expect(() => dynamicSoftMargin({ lowest: Number.NEGATIVE_INFINITY })).toThrow("`dynamicSoftMargin.lowest`");
    expect(() => dynamicSoftMargin({ bins: 0 })).toThrow("`dynamicSoftMargin.bins`");
  });
});
