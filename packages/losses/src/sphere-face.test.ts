import { classLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handClassValue } from "../test/hand-batch.js";
import { cosine, fallingCosine, meanCrossEntropy } from "../test/plain-math.js";
import { sphereFace } from "./sphere-face.js";

describe("sphereFace", () => {
  for (const [margin, scale] of [
    [3, 0.7],
    [4, 1],
  ] as const) {
    const laws = classLossLaws(sphereFace({ margin, scale }), {
      oracle: (batch, { prototypes }) =>
        meanCrossEntropy(batch, (i) =>
          prototypes!.map((prototype, c) => {
            const row = batch.embeddings[i]!;
            const cos = cosine(row, prototype);
            return scale * Math.hypot(...row) * (c === batch.classes[i] ? fallingCosine(cos, margin) : cos);
          }),
        ),
    });
    for (const law of laws) it(`${law.title} (margin ${margin})`, law.run);
  }

  it("gives the value worked by hand", async () => {
    // |x| = 2, the prototype lengths do not count. margin 2, scale 3; row at 60°: ψ = cos 120° = −0.5: own logit 3 · 2 · (−0.5) = −3; other:
    // 6 cos 30° = 5.1961524.
    const row = atDegrees(60)[0]!.map((x) => 2 * x);
    const prototypes = [
      [1, 0],
      [0, 0.5],
    ];
    const value = await handClassValue(sphereFace({ margin: 2, scale: 3 }), [row], [0], prototypes);
    expect(value).toBeCloseTo(Math.log1p(Math.exp(8.1961524)), 4);
  });
  it("leaves out rows without a class", async () => {
    const [rows, prototypes] = [atDegrees(60, 20), atDegrees(0, 90)];
    const one = await handClassValue(sphereFace(), rows.slice(0, 1), [0], prototypes);
    expect(await handClassValue(sphereFace(), rows, [0, 2], prototypes)).toBeCloseTo(one, 5);
  });
  it("says which option is wrong", () => {
    expect(() => sphereFace({ margin: 1.5 })).toThrow("`sphereFace.margin` must be a whole number of 1 or more; received 1.5.");
    expect(() => sphereFace({ scale: 0 })).toThrow("`sphereFace.scale`");
  });
});
