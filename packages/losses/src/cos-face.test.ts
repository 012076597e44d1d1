import { classLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handClassValue } from "../test/hand-batch.js";
import { cosine, meanCrossEntropy } from "../test/plain-math.js";
import { cosFace } from "./cos-face.js";

describe("cosFace", () => {
  const laws = classLossLaws(cosFace({ scale: 8 }), {
    oracle: (batch, { prototypes }) =>
      meanCrossEntropy(batch, (i) =>
        prototypes!.map((prototype, c) => 8 * (cosine(batch.embeddings[i]!, prototype) - (c === batch.classes[i] ? 0.35 : 0))),
      ),
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // Prototypes at 0° and 90°; scale 2, margin 0.25; row at 60° of class 0: own 2 (0.5 − 0.25) = 0.5, other 1.7320508: log(1 + e^1.2320508).
    const loss = cosFace({ scale: 2, margin: 0.25 });
    expect(await handClassValue(loss, atDegrees(60), [0], atDegrees(0, 90))).toBeCloseTo(Math.log1p(Math.exp(1.2320508)), 5);
  });
  it("costs next to nothing on the own prototype and much on another's", async () => {
    expect(await handClassValue(cosFace(), atDegrees(0), [0], atDegrees(0, 90))).toBeLessThan(1e-6);
    expect(await handClassValue(cosFace(), atDegrees(90), [0], atDegrees(0, 90))).toBeGreaterThan(64);
  });
  it("says which option is wrong", () => {
    expect(() => cosFace({ margin: -0.1 })).toThrow("`cosFace.margin`");
    expect(() => cosFace({ scale: 0 })).toThrow("`cosFace.scale`");
  });
});
