import { relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { handValue } from "../test/hand-batch.js";
import { mean, related, relu } from "../test/plain-math.js";
import { signalToNoiseContrastive } from "./signal-to-noise-contrastive.js";

const variance = (row: readonly number[]) => mean(row.map((x) => (x - mean(row)) ** 2));

describe("signalToNoiseContrastive", () => {
  const laws = relationLossLaws(signalToNoiseContrastive({ margin: 2.43, positiveMargin: 0.13 }), {
    oracle: (batch) => {
      const all = (relation: number, cost: (d: number) => number) =>
        batch.anchors.flatMap((row, i) =>
          related(batch, i, relation).map((j) => cost(variance(row.map((x, k) => x - batch.candidates[j]![k]!)) / variance(row))),
        );
      return mean(all(1, (d) => relu(d - 0.13))) + mean(all(-1, (d) => relu(2.43 - d)));
    },
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // Anchor (2, −2): variance 4. Similar (1, −1): difference (1, −1), variance 1: d = 0.25. Dissimilar (2, 0): difference (0, −2), variance 1: d = 0.25.
    // Similar 0.25 − 0.05 = 0.2; dissimilar 1 − 0.25 = 0.75.
    const rows = [
      [1, -1],
      [2, 0],
    ];
    expect(await handValue(signalToNoiseContrastive({ positiveMargin: 0.05 }), [[2, -2]], [[1, -1]], rows)).toBeCloseTo(0.95, 5);
  });
  it("says which option is wrong", () => {
    expect(() => signalToNoiseContrastive({ margin: 0 })).toThrow("`signalToNoiseContrastive.margin`");
    expect(() => signalToNoiseContrastive({ positiveMargin: -1 })).toThrow("`signalToNoiseContrastive.positiveMargin`");
    expect(() => signalToNoiseContrastive({ distances: 1 as never })).toThrow("`signalToNoiseContrastive.distances`");
  });
});
