import { classLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handClassValue } from "../test/hand-batch.js";
import { cosine, fallingCosine, meanCrossEntropy } from "../test/plain-math.js";
import { largeMarginSoftmax } from "./large-margin-softmax.js";

describe("largeMarginSoftmax", () => {
  for (const [margin, scale] of [
    [3, 0.7],
    [4, 1],
  ] as const) {
    const laws = classLossLaws(largeMarginSoftmax({ margin, scale }), {
      oracle: (batch, { prototypes }) =>
        meanCrossEntropy(batch, (i) =>
          prototypes!.map((prototype, c) => {
            const row = batch.embeddings[i]!;
            const cos = cosine(row, prototype);
            return scale * Math.hypot(...row) * Math.hypot(...prototype) * (c === batch.classes[i] ? fallingCosine(cos, margin) : cos);
          }),
        ),
    });
    for (const law of laws) it(`${law.title} (margin ${margin})`, law.run);
  }

  it("gives the value worked by hand", async () => {
    // |x| = 2, |w| = 1 and 0.5. margin 2, scale 3; row at 60°: ψ = cos 120° = −0.5: own logit 3 · 2 · (−0.5) = −3; other: 3 cos 30° = 2.5980762.
    const row = atDegrees(60)[0]!.map((x) => 2 * x);
    const prototypes = [
      [1, 0],
      [0, 0.5],
    ];
    const value = await handClassValue(largeMarginSoftmax({ margin: 2, scale: 3 }), [row], [0], prototypes);
    expect(value).toBeCloseTo(Math.log1p(Math.exp(5.5980762)), 4);
  });
  it("leaves out rows without a class", async () => {
    const [rows, prototypes] = [atDegrees(60, 20), atDegrees(0, 90)];
    const one = await handClassValue(largeMarginSoftmax(), rows.slice(0, 1), [0], prototypes);
    expect(await handClassValue(largeMarginSoftmax(), rows, [0, 2], prototypes)).toBeCloseTo(one, 5);
  });
  it("says which option is wrong", () => {
    expect(() => largeMarginSoftmax({ margin: 1.5 })).toThrow(
      "`largeMarginSoftmax.margin` must be a whole number of 1 or more; received 1.5.",
    );
    expect(() => largeMarginSoftmax({ scale: 0 })).toThrow("`largeMarginSoftmax.scale`");
  });
});
