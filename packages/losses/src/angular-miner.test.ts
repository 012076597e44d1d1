import { describe, expect, it } from "vitest";
import { keptTriplets } from "../test/kept-by.js";
import { euclidean } from "../test/plain-math.js";
import { angularMiner } from "./angular-miner.js";

// Anchor (−1, 0), positive (1, 0), so c = (0, 0) and d(a, p) = 2. A negative at distance r of c is seen under arctan(1 / r): 45° at r = 1.
const points = [[1, 0], ...[0.5, 0.9, 1.1, 3].map((r) => [0, r]), [2, 0]];
const distances = [points.map((point) => euclidean([-1, 0], point))];
const across = points.map((a) => points.map((b) => euclidean(a, b)));
const relations = [[1, -1, -1, -1, -1, -1]];
const negatives = async (angle?: number) =>
  (await keptTriplets(angularMiner({ angle }), distances, relations, { across })).map(({ triplet }) => triplet[2]);

describe("angularMiner", () => {
  it("keeps the triplets whose negative sees anchor and positive under too great an angle", async () => {
    expect(await negatives(Math.PI / 4)).toEqual([1, 2]);
    // arctan(1 / 3) = 18.4°, arctan(1 / 2) = 26.6°: where the negative lies does not matter, only how far from c.
    expect(await negatives()).toEqual([1, 2, 3, 5]); // 20°
    expect(await negatives((18 * Math.PI) / 180)).toEqual([1, 2, 3, 4, 5]);
    expect(await negatives((70 * Math.PI) / 180)).toEqual([]); // arctan(1 / 0.5) = 63.4°
  });
  it("says when the angle is wrong", () => {
    for (const angle of [0, Math.PI / 2, 45, "1" as never]) {
      expect(() => angularMiner({ angle })).toThrow("`angularMiner.angle` must be an angle above 0 and below π/2, in radians");
    }
  });
});
