import { relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { cosine, meanOverAnchors, related, sum } from "../test/plain-math.js";
import { fastAP } from "./fast-ap.js";

describe("fastAP", () => {
  for (const bins of [10, 7]) {
    const laws = relationLossLaws(fastAP({ bins }), {
      oracle: (batch) =>
        meanOverAnchors(batch, (i) => {
          const width = 4 / bins;
          const shares = (relation: number) =>
            Array.from({ length: bins + 1 }, (_, node) =>
              sum(
                related(batch, i, relation).map((j) => {
                  const squared = 2 - 2 * cosine(batch.anchors[i]!, batch.candidates[j]!);
                  return Math.max(0, 1 - Math.abs(squared - node * width) / width);
                }),
              ),
            );
          const [similar, dissimilar] = [shares(1), shares(-1)];
          const count = related(batch, i, 1).length;
          if (count === 0) return undefined;
          const upTo = (of: number[], node: number) => sum(of.slice(0, node + 1));
          const ratios = similar.map((share, node) =>
            share === 0 ? 0 : (share * upTo(similar, node)) / (upTo(similar, node) + upTo(dissimilar, node)),
          );
          return 1 - sum(ratios) / count;
        }),
    });
    for (const law of laws) it(`${bins} bins: ${law.title}`, law.run);
  }

  it("gives the value worked by hand", async () => {
    // Four bins of width 1. Similar at 60° (d² = 1: node 1) and 180° (4: node 4); dissimilar at 90° (2: node 2). Precision at node 1: 1/1, at node 4: 2/3.
    expect(await handValue(fastAP({ bins: 4 }), atDegrees(0), [[1, 1, -1]], atDegrees(60, 180, 90))).toBeCloseTo(1 - (1 + 2 / 3) / 2, 5);
  });
  it("is 0 where all similar samples come first", async () => {
    expect(await handValue(fastAP(), atDegrees(0), [[1, 1, -1, -1]], atDegrees(0, 5, 120, 180))).toBeCloseTo(0, 6);
  });
  it("says which option is wrong", () => {
    expect(() => fastAP({ bins: 0 })).toThrow("`fastAP.bins`");
  });
});
