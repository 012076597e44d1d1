import { viewLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { handViewValue } from "../test/hand-views.js";
import { cosine, mean, meanOfTwos, sum } from "../test/plain-math.js";
import { barlowTwins } from "./barlow-twins.js";

describe("barlowTwins", () => {
  const redundancy = 0.3;
  const laws = viewLossLaws(barlowTwins({ redundancy }), {
    oracle: ({ views }) => {
      const dimensions = views.map((view) =>
        view[0]!.map((_, k) => {
          const values = view.map((row) => row[k]!);
          return values.map((x) => x - mean(values));
        }),
      );
      return meanOfTwos(dimensions, (a, b) =>
        sum(a.flatMap((x, k) => b.map((y, l) => (k === l ? (1 - cosine(x, y)) ** 2 : redundancy * cosine(x, y) ** 2)))),
      );
    },
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // Dimensions of view a over three records: (1, 0, −1), (1, −2, 1); of view b: (1, −2, 1), (1, 0, −1): each is the other's. C_kk = 0, C_kl = 1:
    // 2 · (1 − 0)² + 0.5 · 2 · 1² = 3.
    const views = [
      [
        [1, 1],
        [0, -2],
        [-1, 1],
      ],
      [
        [1, 1],
        [-2, 0],
        [1, -1],
      ],
    ];
    expect(await handViewValue(barlowTwins({ redundancy: 0.5 }), views)).toBeCloseTo(3, 5);
  });
  it("does not take the rounding error of a constant dimension for its spread", async () => {
    // Dimension 0 is 1 in all records, but for the last bit of one: correlation 0 with all, so (1 − 0)². Dimension 1 is equal in both views: 0.
    const view = [
      [1, 1],
      [1 + 2 ** -23, 2],
      [1, 4],
    ];
    expect(await handViewValue(barlowTwins({ redundancy: 0.5 }), [view, view])).toBeCloseTo(1, 5);
  });
  it("says which option is wrong", () => {
    expect(() => barlowTwins({ redundancy: -1 })).toThrow("`barlowTwins.redundancy`");
  });
});
