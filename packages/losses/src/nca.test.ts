import { type PlainRelationBatch, relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { handValue } from "../test/hand-batch.js";
import { dot, euclidean, meanOverAnchors, related, sum } from "../test/plain-math.js";
import { dotProducts } from "./dot-products.js";
import { nca } from "./nca.js";

/** The chance that anchor i draws a similar neighbour; undefined where it has none. */
function chance(batch: PlainRelationBatch, i: number, scale: number): number | undefined {
  const weight = (j: number) => Math.exp(-scale * euclidean(batch.anchors[i]!, batch.candidates[j]!) ** 2);
  const [similar, dissimilar] = [sum(related(batch, i, 1).map(weight)), sum(related(batch, i, -1).map(weight))];
  return related(batch, i, 1).length === 0 ? undefined : similar / (similar + dissimilar);
}
const over = (batch: PlainRelationBatch, scale: number, of: (chance: number) => number) =>
  meanOverAnchors(batch, (i) => {
    const one = chance(batch, i, scale);
    return one === undefined ? undefined : of(one);
  });

describe("nca", () => {
  for (const law of relationLossLaws(nca({ scale: 0.5 }), { oracle: (batch) => over(batch, 0.5, (p) => -Math.log(p)) }))
    it(law.title, law.run);
  const expected = relationLossLaws(nca({ scale: 0.5, objective: "expected" }), { oracle: (batch) => over(batch, 0.5, (p) => 1 - p) });
  for (const law of expected) it(`expected: ${law.title}`, law.run);

  // On a line: anchor 0, similar at 1 and 2 (d = 1, 4), dissimilar at 3 (d = 9); scale 0.5. Weights e^−0.5 = 0.6065307, e^−2 = 0.1353353,
  // e^−4.5 = 0.0111090: p = 0.7418660 / 0.7529750 = 0.9852465; −log p = 0.0148634, 1 − p = 0.0147535.
  const value = (options: object) => handValue(nca(options), [[0]], [[1, 1, -1]], [[1], [2], [3]]);
  it("gives the values worked by hand", async () => {
    expect(await value({ scale: 0.5 })).toBeCloseTo(0.0148634, 6);
    expect(await value({ scale: 0.5, objective: "expected" })).toBeCloseTo(0.0147535, 6);
  });
  it("takes other distances, and scale 1 unless told otherwise", async () => {
    // Dot products with anchor 2 as distances: 2, 4 and 6. log((e^−2 + e^−4 + e^−6) / (e^−2 + e^−4)).
    const given = await handValue(nca({ distances: dotProducts }), [[2]], [[1, 1, -1]], [[1], [2], [3]]);
    const own = Math.exp(-dot([2], [1])) + Math.exp(-4);
    expect(given).toBeCloseTo(Math.log((own + Math.exp(-6)) / own), 6);
  });
  it("keeps the digits of a small surprise", async () => {
    // d = 1 and 36: −log p = log(1 + e^−35) = 6.305e-16, far below the rounding of 1.
    expect((await handValue(nca(), [[0]], [[1, -1]], [[1], [6]])) / 6.305117e-16).toBeCloseTo(1, 4);
  });
  it("says which option is wrong", () => {
    expect(() => nca({ scale: 0 })).toThrow("`nca.scale` must be a finite number above 0");
    expect(() => nca({ objective: "sum" as never })).toThrow("`nca.objective` must be one of");
    expect(() => nca({ distances: 2 as never })).toThrow("`nca.distances` must be a function");
  });
});
