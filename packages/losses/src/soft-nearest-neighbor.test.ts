import { relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { handValue } from "../test/hand-batch.js";
import { euclidean, meanOverAnchors, related, sum } from "../test/plain-math.js";
import { euclideanDistances } from "./euclidean-distances.js";
import { nca } from "./nca.js";
import { softNearestNeighbor } from "./soft-nearest-neighbor.js";

describe("softNearestNeighbor", () => {
  const laws = relationLossLaws(softNearestNeighbor({ temperature: 2 }), {
    oracle: (batch) =>
      meanOverAnchors(batch, (i) => {
        const weights = (relation: number) =>
          sum(related(batch, i, relation).map((j) => Math.exp(-(euclidean(batch.anchors[i]!, batch.candidates[j]!) ** 2) / 2)));
        return related(batch, i, 1).length === 0 ? undefined : -Math.log(weights(1) / (weights(1) + weights(-1)));
      }),
  });
  for (const law of laws) it(law.title, law.run);

  // On a line: anchor 0, similar at 1 (d = 1), dissimilar at 2 (d = 4).
  const value = (options?: object) => handValue(softNearestNeighbor(options), [[0]], [[1, -1]], [[1], [2]]);
  it("gives the value worked by hand", async () => {
    // T = 2: log(1 + e^(−2 + 0.5)) = log(1.2231302) = 0.2014133. T = 0.1: log(1 + e^−30). Euclidean, T = 1: log(1 + e^−1) = 0.3132617.
    expect(await value({ temperature: 2 })).toBeCloseTo(0.2014133, 6);
    expect((await value()) / Math.exp(-30)).toBeCloseTo(1, 4);
    expect(await value({ temperature: 1, distances: euclideanDistances })).toBeCloseTo(0.3132617, 6);
  });
  it("is nca with the temperature turned over", async () => {
    expect(await value({ temperature: 4 })).toBeCloseTo(await handValue(nca({ scale: 0.25 }), [[0]], [[1, -1]], [[1], [2]]), 6);
  });
  it("says which option is wrong", () => {
    expect(() => softNearestNeighbor({ temperature: 0 })).toThrow("`softNearestNeighbor.temperature` must be a finite number above 0");
    expect(() => softNearestNeighbor({ distances: 2 as never })).toThrow("`softNearestNeighbor.distances` must be a function");
  });
});
