import { classLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handClassValue } from "../test/hand-batch.js";
import { cosine, meanCrossEntropy } from "../test/plain-math.js";
import { instance } from "./instance.js";

describe("instance", () => {
  const laws = classLossLaws(instance({ scale: 5 }), {
    oracle: (batch, { prototypes }) =>
      meanCrossEntropy(batch, (i) => prototypes!.map((record) => 5 * cosine(batch.embeddings[i]!, record))),
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // Two parts of record 0, at 60° and 0°; records at 0° and 90°; scale 2: log(1 + e^(2 (0.8660254 − 0.5))) and log(1 + e^(2 (0 − 1))).
    const expected = (Math.log1p(Math.exp(0.7320508)) + Math.log1p(Math.exp(-2))) / 2;
    expect(await handClassValue(instance({ scale: 2 }), atDegrees(60, 0), [0, 0], atDegrees(0, 90))).toBeCloseTo(expected, 5);
  });
  it("says which option is wrong", () => {
    expect(() => instance({ scale: 0 })).toThrow("`instance.scale`");
  });
});
