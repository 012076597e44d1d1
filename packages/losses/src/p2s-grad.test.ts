import { classLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handClassValue } from "../test/hand-batch.js";
import { cosine, mean, sum } from "../test/plain-math.js";
import { p2sGrad } from "./p2s-grad.js";

describe("p2sGrad", () => {
  const laws = classLossLaws(p2sGrad(), {
    oracle: ({ embeddings, classes }, { prototypes }) =>
      mean(
        embeddings.map((row, i) =>
          sum(prototypes!.map((prototype, c) => 0.5 * (cosine(row, prototype) - (c === classes[i] ? 1 : 0)) ** 2)),
        ),
      ),
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // Row at 60°, prototypes at 0° (own) and 90°: ½ ((0.5 − 1)² + 0.8660254²) = ½ (0.25 + 0.75) = 0.5.
    expect(await handClassValue(p2sGrad(), atDegrees(60), [0], atDegrees(0, 90))).toBeCloseTo(0.5, 6);
  });
  it("leaves out rows without a class", async () => {
    expect(await handClassValue(p2sGrad(), atDegrees(60, 10), [0, -1], atDegrees(0, 90))).toBeCloseTo(0.5, 6);
  });
  it("says that it has no such option", () => {
    expect(() => p2sGrad({ margin: 1 } as never)).toThrow("`p2sGrad` has no option `margin`");
  });
});
