import { relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { cosine, mean, related, relu } from "../test/plain-math.js";
import { contrastive } from "./contrastive.js";
import { euclideanDistances } from "./euclidean-distances.js";
import { meanOfKinds } from "./mean-of-kinds.js";

describe("contrastive", () => {
  const laws = relationLossLaws(contrastive({ margin: 1.2 }), {
    oracle: (batch) => {
      const d = (i: number, j: number) => 1 - cosine(batch.anchors[i]!, batch.candidates[j]!);
      const pull = batch.anchors.flatMap((_, i) => related(batch, i, 1).map((j) => d(i, j) ** 2 / 2));
      const push = batch.anchors.flatMap((_, i) => related(batch, i, -1).map((j) => relu(1.2 - d(i, j)) ** 2 / 2));
      return mean([...pull, ...push]);
    },
  });
  for (const law of laws) it(law.title, law.run);
  for (const law of relationLossLaws(contrastive({ distances: euclideanDistances, margin: 2 }))) it(`euclidean: ${law.title}`, law.run);

  // Points 0, 1, 3 on a line: 0 and 1 are similar (d = 1), 1 and 2 dissimilar (d = 2), 0 and 2 unknown.
  const line = [[0], [1], [3]];
  const relations = [
    [0, 1, 0],
    [1, 0, -1],
    [0, -1, 0],
  ];
  const options = { distances: euclideanDistances, margin: 2.5 };

  it("gives the value worked by hand", async () => {
    // Two similar pairs: ½ · 1² = 0.5 each; two dissimilar pairs: ½ · (2.5 − 2)² = 0.125 each. Mean over four: 1.25 / 4 = 0.3125.
    expect(await handValue(contrastive(options), line, relations)).toBeCloseTo(0.3125, 6);
  });
  it("lets similar pairs be as far apart as positiveMargin", async () => {
    // Similar: ½ · (1 − 0.4)² = 0.18; dissimilar 0.125: (0.36 + 0.25) / 4 = 0.1525.
    expect(await handValue(contrastive({ ...options, positiveMargin: 0.4 }), line, relations)).toBeCloseTo(0.1525, 6);
  });
  it("takes the distances themselves when not squared", async () => {
    // Similar 1, dissimilar 0.5: mean 0.75; the kinds apart: 1 + 0.5.
    expect(await handValue(contrastive({ ...options, squared: false }), line, relations)).toBeCloseTo(0.75, 6);
    expect(await handValue(contrastive({ ...options, squared: false, reducer: meanOfKinds() }), line, relations)).toBeCloseTo(1.5, 6);
  });
  it("does not push dissimilar pairs beyond the margin", async () => {
    // cosine distance of 0° and 90° is 1, above the margin of 0.5.
    expect(
      await handValue(contrastive(), atDegrees(0, 90), [
        [0, -1],
        [-1, 0],
      ]),
    ).toBe(0);
  });
  it("says which option is wrong", () => {
    expect(() => contrastive({ margn: 1 } as object)).toThrow("`contrastive` has no option `margn`. It has `margin`, ");
    expect(() => contrastive({ margin: 0 })).toThrow("`contrastive.margin` must be a finite number above 0; received 0.");
    expect(() => contrastive({ positiveMargin: -1 })).toThrow("`contrastive.positiveMargin`");
    expect(() => contrastive({ squared: "yes" as never })).toThrow("`contrastive.squared`");
    expect(() => contrastive({ distances: {} as never })).toThrow("`contrastive.distances` must be a function");
  });
});
