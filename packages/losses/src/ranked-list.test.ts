import { relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { handValue } from "../test/hand-batch.js";
import { meanOverAnchors, related, sum, unitEuclidean } from "../test/plain-math.js";
import { euclideanDistances } from "./euclidean-distances.js";
import { rankedList } from "./ranked-list.js";

describe("rankedList", () => {
  const options = { margin: 0.6, boundary: 1.4, balance: 0.3, positiveTemperature: 1, negativeTemperature: 2 };
  const laws = relationLossLaws(rankedList(options), {
    oracle: (batch) =>
      meanOverAnchors(batch, (i) => {
        const d = (j: number) => unitEuclidean(batch.anchors[i]!, batch.candidates[j]!);
        const [positives, negatives] = [related(batch, i, 1), related(batch, i, -1)];
        const known = positives.length + negatives.length;
        if (known === 0) return undefined;
        const weightedMean = (excesses: number[], temperature: number) => {
          const over = excesses.filter((excess) => excess > 0);
          const weights = over.map((excess) => Math.exp(temperature * excess));
          return sum(over.map((excess, at) => excess * weights[at]!)) / (sum(weights) + 1e-5 * (known + 1));
        };
        const pull = weightedMean(
          positives.map((p) => d(p) - 0.8),
          1,
        );
        const push = weightedMean(
          negatives.map((n) => 1.4 - d(n)),
          2,
        );
        return 0.7 * pull + 0.3 * push;
      }),
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // Margin 0.4, so boundary 1.2 and radius 0.8. Similar at 0.5 (within), 1 (0.2 out) and 1.4 (0.6 out), evenly: 0.4. Dissimilar at 1.1 (0.1 in), 0.7
    // (0.5 in), 2 (out), weighted e^0.1 and e^0.5: (0.1 · 1.1051709 + 0.5 · 1.6487213) / 2.7538922 = 0.3394751. Half of both. The floor is 7e-5.
    const loss = rankedList({ distances: euclideanDistances });
    const [a, b] = [Math.exp(0.1), Math.exp(0.5)];
    const expected = 0.5 * (0.8 / (2 + 7e-5)) + (0.5 * (0.1 * a + 0.5 * b)) / (a + b + 7e-5);
    expect(await handValue(loss, [[0]], [[1, 1, 1, -1, -1, -1]], [[0.5], [1], [1.4], [1.1], [0.7], [2]])).toBeCloseTo(expected, 5);
  });
  it("does not overflow at distances and temperatures that are far too large", async () => {
    const loss = rankedList({ distances: euclideanDistances, positiveTemperature: 10, negativeTemperature: 10 });
    expect(await handValue(loss, [[0]], [[-1, 1]], [[1e4], [0.1]])).toBe(0);
  });
  it("says which option is wrong", () => {
    expect(() => rankedList({ margin: 0 })).toThrow("`rankedList.margin`");
    expect(() => rankedList({ boundary: -1 })).toThrow("`rankedList.boundary`");
    expect(() => rankedList({ balance: 1.1 })).toThrow("`rankedList.balance`");
    expect(() => rankedList({ positiveTemperature: -1 })).toThrow("`rankedList.positiveTemperature`");
    expect(() => rankedList({ negativeTemperature: -1 })).toThrow("`rankedList.negativeTemperature`");
    expect(() => rankedList({ distances: 1 as never })).toThrow("`rankedList.distances`");
  });
});
