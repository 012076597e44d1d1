import { type PlainRelationBatch, relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { cosine, dot, mean, related, sum } from "../test/plain-math.js";
import { angular } from "./angular.js";

const oracle = (angle: number, s: (a: readonly number[], b: readonly number[]) => number) => (batch: PlainRelationBatch) => {
  const t = Math.tan(angle) ** 2;
  const terms = batch.anchors.flatMap((a, i) =>
    related(batch, i, 1).flatMap((j) => {
      const p = batch.candidates[j]!;
      const negatives = related(batch, i, -1);
      if (negatives.length === 0) return [];
      const f = negatives.map((l) => 4 * t * (s(a, batch.candidates[l]!) + s(p, batch.candidates[l]!)) - 2 * (1 + t) * s(a, p));
      return [Math.log(1 + sum(f.map(Math.exp)))];
    }),
  );
  return mean(terms);
};

describe("angular", () => {
  for (const law of relationLossLaws(angular(), { oracle: oracle((40 * Math.PI) / 180, cosine) })) it(law.title, law.run);
  for (const law of relationLossLaws(angular({ angle: Math.PI / 3 }), { oracle: oracle(Math.PI / 3, cosine) }))
    it(`60°: ${law.title}`, law.run);
  const raw = relationLossLaws(angular({ angle: 0.4, normalize: false }), { oracle: oracle(0.4, dot) });
  for (const law of raw) it(`as they are: ${law.title}`, law.run);

  const relations = [
    [0, 1, -1],
    [1, 0, -1],
    [-1, -1, 0],
  ];
  it("gives the value worked by hand", async () => {
    // a at 0°, p at 60°, n at 90°; tan² 45° = 1. f = 4 (0 + cos 30°) − 4 cos 60° = 3.4641016 − 2; the other order has the same value.
    expect(await handValue(angular({ angle: Math.PI / 4 }), atDegrees(0, 60, 90), relations)).toBeCloseTo(
      Math.log1p(Math.exp(1.4641016)),
      5,
    );
  });
  it("counts no pair whose anchor has no dissimilar sample, and does not ask what p and n are to each other", async () => {
    const half = relations.with(1, [1, 0, 0]).with(2, [-1, 0, 0]);
    expect(await handValue(angular({ angle: Math.PI / 4 }), atDegrees(0, 60, 90), half)).toBeCloseTo(Math.log1p(Math.exp(1.4641016)), 5);
  });
  it("keeps its digits where the nearest of the two ends are different samples, far from each other", async () => {
    const [anchors, candidates] = [atDegrees(0), atDegrees(180, 0.1, 179.9)];
    const batch = { anchors, candidates, relations: [[1, -1, -1]], inBatch: false };
    const expected = oracle(Math.PI / 3, cosine)(batch);
    expect(await handValue(angular({ angle: Math.PI / 3 }), anchors, batch.relations, candidates)).toBeCloseTo(expected, 4);
  });
  it("stays finite where vectors as they are are far too long", async () => {
    const value = await handValue(
      angular({ normalize: false }),
      [[1e3, 0]],
      [[1, -1, -1]],
      [
        [-1e3, 0],
        [1e3, 0],
        [-1e3, 1],
      ],
    );
    expect(Number.isFinite(value)).toBe(true);
  });
  it("says which option is wrong", () => {
    expect(() => angular({ angle: 40 })).toThrow("`angular.angle` must be an angle from 0 to π/3, in radians; received 40.");
    expect(() => angular({ normalize: 1 as never })).toThrow("`angular.normalize`");
  });
});
