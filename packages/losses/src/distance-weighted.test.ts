import { describe, expect, it } from "vitest";
import { keptTriplets } from "../test/kept-by.js";
import { distanceWeighted } from "./distance-weighted.js";

const dim = 4;
/** The paper's chance of a distance, up to a factor. */
const chance = (d: number, cutoff = 0.5) => 1 / (Math.max(d, cutoff) ** (dim - 2) * (1 - Math.max(d, cutoff) ** 2 / 4) ** ((dim - 3) / 2));

/** 600 anchors with one positive and the negatives at these distances, each a little off, as embeddings are. */
const negatives = [0.2, 0.6, 0.9, 1.2, 1.39, 1.45];
const distances = Array.from({ length: 600 }, (_, i) => [0.3 + i * 1.7e-4, ...negatives.map((d, j) => d + ((i * 7 + j * 3) % 101) * 1e-6)]);
const relations = distances.map(() => [1, -1, -1, -1, -1, -1, -1]);

const drawn = async (options: Parameters<typeof distanceWeighted>[0]) => {
  const kept = await keptTriplets(distanceWeighted(options), distances, relations, { dim });
  const times = negatives.map((_, j) => kept.filter(({ triplet }) => triplet[2] === j + 1).length);
  return { kept, times };
};

describe("distanceWeighted", () => {
  it("draws one negative for each pair, by the paper's chances", async () => {
    const { kept, times } = await drawn({});
    expect(kept).toHaveLength(600);
    expect(kept.every(({ share }) => share === 1)).toBe(true);
    const chances = negatives.map((d) => (d < 1.4 ? chance(d) : 0));
    const total = chances.reduce((a, b) => a + b);
    chances.forEach((one, j) => {
      const expected = (600 * one) / total;
      // Four and a half deviations of a binomial draw.
      expect(Math.abs(times[j]! - expected)).toBeLessThanOrEqual(4.5 * Math.sqrt(expected * (1 - one / total)));
    });
    expect(times[5]).toBe(0); // beyond 1.4
  });
  it("prefers the nearest without a cutoff, and draws nothing beyond", async () => {
    const near = await drawn({ cutoff: 0 });
    expect(near.times[0]!).toBeGreaterThan(450); // 1 / 0.2² outweighs 1 / 0.6² nine times, and the rest
    expect((await drawn({ beyond: 0.7 })).times.slice(2)).toEqual([0, 0, 0, 0]);
    expect((await drawn({ beyond: 0.1 })).kept).toEqual([]);
  });
  it("draws the same again, and others with another seed", async () => {
    const [first, again, other] = [await drawn({}), await drawn({ seed: 1 }), await drawn({ seed: 2 })];
    expect(again).toEqual(first);
    expect(other.kept).not.toEqual(first.kept);
  });
  it("lets equal negatives share", async () => {
    expect(await keptTriplets(distanceWeighted(), [[0.4, 0.8, 0.8]], [[1, -1, -1]], { dim })).toEqual([
      { triplet: [0, 0, 1], share: 0.5 },
      { triplet: [0, 0, 2], share: 0.5 },
    ]);
  });
  it("stays finite at distance 0, at opposite points and beyond", async () => {
    for (const d of [0, 2, 2.1]) {
      for (const width of [1, 2, 3, 768]) {
        expect(await keptTriplets(distanceWeighted({ cutoff: 0, beyond: 3 }), [[0.4, d]], [[1, -1]], { dim: width })).toHaveLength(1);
      }
    }
  });
  it("says which option is wrong", () => {
    expect(distanceWeighted().name).toBe("distanceWeighted(0.5, 1.4, 1)");
    expect(() => distanceWeighted({ cutoff: -1 })).toThrow("`distanceWeighted.cutoff` must be a finite number of 0 or more");
    expect(() => distanceWeighted({ beyond: 0 })).toThrow("`distanceWeighted.beyond` must be a finite number above 0");
    expect(() => distanceWeighted({ seed: Number.NaN })).toThrow("`distanceWeighted.seed` must be a finite number");
  });
});
