import { type PlainRelationBatch, relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { cosine, related, sum } from "../test/plain-math.js";
import { histogram } from "./histogram.js";

/** Both histograms node by node, as in the paper. */
function probability(batch: PlainRelationBatch, bins: number): number {
  const width = 2 / bins;
  const nodes = Array.from({ length: bins + 1 }, (_, r) => r * width - 1);
  const shares = (relation: number) => {
    const s = batch.anchors.flatMap((a, i) => related(batch, i, relation).map((j) => cosine(a, batch.candidates[j]!)));
    return nodes.map((node) => (s.length === 0 ? 0 : sum(s.map((x) => Math.max(0, 1 - Math.abs(x - node) / width))) / s.length));
  };
  const [similar, dissimilar] = [shares(1), shares(-1)];
  return sum(dissimilar.map((share, r) => share * sum(similar.slice(0, r + 1))));
}

describe("histogram", () => {
  for (const law of relationLossLaws(histogram({ bins: 7 }), { oracle: (batch) => probability(batch, 7) })) it(law.title, law.run);
  for (const law of relationLossLaws(histogram(), { oracle: (batch) => probability(batch, 100) })) it(`100 bins: ${law.title}`, law.run);

  it("gives the value worked by hand", async () => {
    // Nodes −1, 0, 1. Similar: 0.5 (half on 0, half on 1) and 0: h⁺ = (0, 0.75, 0.25), running 0, 0.75, 1. Dissimilar 0.5: (0.75 + 1) / 2.
    expect(await handValue(histogram({ bins: 2 }), atDegrees(0), [[1, 1, -1]], atDegrees(60, 90, -60))).toBeCloseTo(0.875, 5);
  });
  it("is 0 where every dissimilar pair is less alike than every similar one, 1 the other way round", async () => {
    const at = (similar: number, dissimilar: number) => handValue(histogram(), atDegrees(0), [[1, -1]], atDegrees(similar, dissimilar));
    expect(await at(0, 180)).toBeCloseTo(0, 6);
    expect(await at(180, 0)).toBeCloseTo(1, 6);
  });
  it("lets an anchor of weight 2 count as two in the histogram", async () => {
    const rows = atDegrees(0, 90);
    const of = [
      [1, -1, 1],
      [1, 1, -1],
    ];
    const others = atDegrees(80, 30, 100); // cosines of similar pairs 0.17, −0.17, 0.98, 0.5, of dissimilar ones 0.87, 0.98
    const twice = await handValue(histogram(), [rows[0]!, ...rows], [of[0]!, ...of], others);
    expect(await handValue(histogram(), rows, of, others, [2, 1])).toBeCloseTo(twice, 5);
    expect(Math.abs(twice - (await handValue(histogram(), rows, of, others)))).toBeGreaterThan(0.01);
  });
  it("says which option is wrong", () => {
    expect(() => histogram({ bins: 0 })).toThrow("`histogram.bins`");
    expect(() => histogram({ bins: 2.5 })).toThrow("`histogram.bins`");
  });
});
