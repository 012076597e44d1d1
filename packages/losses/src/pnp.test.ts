import { relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { cosine, mean, meanOverAnchors, related, sigmoid, sum } from "../test/plain-math.js";
import { pnp } from "./pnp.js";

const penalties = {
  O: (r: number) => r,
  Ds: (r: number) => Math.log(1 + r),
  Dq: (r: number) => 1 - 1 / (1 + r) ** 3,
  Iu: (r: number) => (1 + r) * Math.log(1 + r),
  Ib: (r: number) => (1.5 * r - Math.log(1 + 1.5 * r)) / 1.5 ** 2,
};

describe("pnp", () => {
  for (const variant of ["O", "Ds", "Dq", "Iu", "Ib"] as const) {
    const laws = relationLossLaws(pnp({ variant, alpha: 3, b: 1.5, temperature: 0.2 }), {
      oracle: (batch) =>
        meanOverAnchors(batch, (a) => {
          const s = (j: number) => cosine(batch.anchors[a]!, batch.candidates[j]!);
          const positives = related(batch, a, 1);
          if (positives.length === 0) return undefined;
          return mean(positives.map((i) => penalties[variant](sum(related(batch, a, -1).map((n) => sigmoid((s(n) - s(i)) / 0.2))))));
        }),
    });
    for (const law of laws) it(`${variant}: ${law.title}`, law.run);
  }

  it("gives the values worked by hand", async () => {
    // Above the similar sample at 60°: dissimilar ones at 10° and 30°, not the one at 90°: R = 2. The one at 0° has none above it.
    const at = (variant: "O" | "Ds" | "Dq" | "Iu" | "Ib") =>
      handValue(pnp({ variant }), atDegrees(0), [[1, 1, -1, -1, -1]], atDegrees(60, 0, 10, 30, 90));
    // 10° and 0° are 0.0152 apart, 1.52 temperatures: σ(−1.52) = 0.1796 of a place; so the similar sample at 0° is left out of this check below.
    const one = (variant: "O" | "Ds" | "Dq" | "Iu" | "Ib") =>
      handValue(pnp({ variant }), atDegrees(0), [[1, -1, -1, -1]], atDegrees(60, 10, 30, 90));
    expect(await one("O")).toBeCloseTo(2, 5);
    expect(await one("Ds")).toBeCloseTo(Math.log(3), 5);
    expect(await one("Dq")).toBeCloseTo(2 / 3, 5);
    expect(await one("Iu")).toBeCloseTo(3 * Math.log(3), 5);
    expect(await one("Ib")).toBeCloseTo((4 - Math.log(5)) / 4, 5);
    expect(await at("O")).toBeCloseTo((2 + 1 / (1 + Math.exp((1 - Math.cos(Math.PI / 18)) / 0.01))) / 2, 4);
  });
  it("says which option is wrong", () => {
    expect(() => pnp({ variant: "D" as never })).toThrow("`pnp.variant`");
    expect(() => pnp({ alpha: 0 })).toThrow("`pnp.alpha`");
    expect(() => pnp({ b: -1 })).toThrow("`pnp.b`");
    expect(() => pnp({ temperature: 0 })).toThrow("`pnp.temperature`");
  });
});
