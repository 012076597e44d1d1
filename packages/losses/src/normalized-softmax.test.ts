import { classLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handClassValue } from "../test/hand-batch.js";
import { cosine, meanCrossEntropy } from "../test/plain-math.js";
import { normalizedSoftmax } from "./normalized-softmax.js";

describe("normalizedSoftmax", () => {
  const laws = classLossLaws(normalizedSoftmax({ temperature: 0.2 }), {
    oracle: (batch, { prototypes }) =>
      meanCrossEntropy(batch, (i) => prototypes!.map((prototype) => cosine(batch.embeddings[i]!, prototype) / 0.2)),
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // Prototypes at 0° and 90°, of any length; temperature 0.5; row at 60° of class 0: own 1, other 1.7320508: log(1 + e^0.7320508).
    const prototypes = [
      [3, 0],
      [0, 0.5],
    ];
    const value = await handClassValue(normalizedSoftmax({ temperature: 0.5 }), atDegrees(60), [0], prototypes);
    expect(value).toBeCloseTo(Math.log1p(Math.exp(0.7320508)), 5);
  });
  it("says which option is wrong", () => {
    expect(() => normalizedSoftmax({ temperature: 0 })).toThrow("`normalizedSoftmax.temperature`");
  });
});
