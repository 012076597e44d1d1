import { classLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { handClassValue } from "../test/hand-batch.js";
import { mean, sum } from "../test/plain-math.js";
import { center } from "./center.js";

describe("center", () => {
  for (const normalize of [false, true]) {
    const laws = classLossLaws(center({ normalize }), {
      oracle: ({ embeddings, classes }, { prototypes }) =>
        mean(
          embeddings.map((row, i) => {
            const length = normalize ? Math.hypot(...row) : 1;
            return 0.5 * sum(row.map((x, k) => (x / length - prototypes![classes[i]!]![k]!) ** 2));
          }),
        ),
    });
    for (const law of laws) it(`${law.title}${normalize ? ", normalised" : ""}`, law.run);
  }
  const centers = [
    [1, 0],
    [0, 1],
  ];

  it("gives the values worked by hand", async () => {
    // (3, 4) to (1, 0): ½ (2² + 4²) = 10; (0, 2) to (0, 1): ½: mean 5.25. Of length 1: (0.6, 0.8): ½ (0.4² + 0.8²) = 0.4; (0, 1): 0: mean 0.2.
    const rows = [
      [3, 4],
      [0, 2],
    ];
    expect(await handClassValue(center(), rows, [0, 1], centers)).toBeCloseTo(5.25, 6);
    expect(await handClassValue(center({ normalize: true }), rows, [0, 1], centers)).toBeCloseTo(0.2, 6);
  });
  it("leaves out rows without a class", async () => {
    const rows = [
      [3, 4],
      [5, 5],
    ];
    expect(await handClassValue(center(), rows, [0, -1], centers)).toBeCloseTo(10, 6);
  });
  it("says which option is wrong", () => {
    expect(() => center({ normalize: 1 as never })).toThrow("`center.normalize` must be true or false; received 1.");
  });
});
