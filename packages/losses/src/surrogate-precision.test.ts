import { relationLossLaws } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { cosine, euclidean, meanOverAnchors, related, sigmoid, sum } from "../test/plain-math.js";
import { euclideanDistances } from "./euclidean-distances.js";
import { surrogatePrecision } from "./surrogate-precision.js";

describe("surrogatePrecision", () => {
  for (const k of [1, 2, 5]) {
    const laws = relationLossLaws(surrogatePrecision({ k, cutTemperature: 0.5, rankTemperature: 0.2 }), {
      oracle: (batch) =>
        meanOverAnchors(batch, (a) => {
          const s = (j: number) => cosine(batch.anchors[a]!, batch.candidates[j]!);
          const [positives, known] = [related(batch, a, 1), [...related(batch, a, 1), ...related(batch, a, -1)]];
          if (positives.length === 0) return undefined;
          const rank = (i: number) => sum(known.filter((j) => j !== i).map((j) => sigmoid((s(j) - s(i)) / 0.2)));
          return 1 - sum(positives.map((i) => sigmoid((k - 0.5 - rank(i)) / 0.5))) / Math.min(positives.length, k);
        }),
    });
    for (const law of laws) it(`k ${k}: ${law.title}`, law.run);
  }

  it("gives the value worked by hand", async () => {
    // Ranks 0 (similar, 10°), 1 (dissimilar, 40°), 2 (similar, 80°); k = 2: σ(1.5) + σ(−0.5) over min(2, 2).
    const value = await handValue(surrogatePrecision({ k: 2 }), atDegrees(0), [[1, -1, 1]], atDegrees(10, 40, 80));
    expect(value).toBeCloseTo(1 - (sigmoid(1.5) + sigmoid(-0.5)) / 2, 5);
  });
  it("equals Open Metric Learning's, which has the anchor in its own ranking, where the masks say so and k is one more", async () => {
    const rows = [
      [0.1, 0.2],
      [0.5, -0.3],
      [-0.4, 0.9],
      [0.2, 0.8],
    ];
    const labels = [0, 0, 1, 1];
    const k = 1;
    const theirs = rows.map((row, q) => {
      const d = rows.map((other) => euclidean(row, other));
      const rank = (i: number) => sum(d.map((other) => sigmoid((d[i]! - other) / 0.05))); // with i itself and the anchor
      const found = sum(rows.map((_, i) => (labels[i] === labels[q] ? sigmoid(k + 1 - rank(i)) : 0)));
      return 1 - found / Math.min(2, k + 1);
    });
    const relations = labels.map((label) => labels.map((other) => (label === other ? 1 : -1)));
    const loss = surrogatePrecision({ k: k + 1, rankTemperature: 0.05, similarities: (a, c) => tf.neg(euclideanDistances(a, c)) });
    expect(await handValue(loss, rows, relations)).toBeCloseTo(sum(theirs) / 4, 5);
  });
  it("says which option is wrong", () => {
    expect(() => surrogatePrecision({ k: 0 })).toThrow("`surrogatePrecision.k`");
    expect(() => surrogatePrecision({ cutTemperature: 0 })).toThrow("`surrogatePrecision.cutTemperature`");
    expect(() => surrogatePrecision({ rankTemperature: 0 })).toThrow("`surrogatePrecision.rankTemperature`");
    expect(() => surrogatePrecision({ similarities: 1 as never })).toThrow("`surrogatePrecision.similarities`");
  });
});
