import { viewLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees } from "../test/hand-batch.js";
import { handViewValue } from "../test/hand-views.js";
import { cosine, mean, meanOfTwos, sum } from "../test/plain-math.js";
import { contrastiveTension } from "./contrastive-tension.js";

describe("contrastiveTension", () => {
  const laws = viewLossLaws(contrastiveTension({ scale: 4 }), {
    oracle: ({ views }, { logScale }) =>
      meanOfTwos(views, (a, b) => {
        const share = (from: typeof a, to: typeof a) =>
          mean(
            from.map((row, i) => {
              const exponentials = to.map((other) => Math.exp(Math.exp(logScale![0]![0]!) * cosine(row, other)));
              return -Math.log(exponentials[i]! / sum(exponentials));
            }),
          );
        return (share(a, b) + share(b, a)) / 2;
      }),
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // Views a: 0°, 90°; b: 0°, 60°; scale 2. Cosines: (1, 0.5), (0, 0.8660254). Rows: log(1 + e^(2 (0.5 − 1))), log(1 + e^(2 (0 − 0.8660254)));
    // columns: log(1 + e^(2 (0 − 1))), log(1 + e^(2 (0.5 − 0.8660254))). The mean of the four.
    const expected = mean([-1, -1.7320508, -2, -0.7320508].map((x) => Math.log1p(Math.exp(x))));
    const views = [atDegrees(0, 90), atDegrees(0, 60)];
    expect(await handViewValue(contrastiveTension(), views, { logScale: [Math.log(2)] })).toBeCloseTo(expected, 5);
  });
  it("begins at its scale", async () => {
    const { Random } = await import("@quaterion/core");
    const { logScale } = contrastiveTension({ scale: 7 }).parameters!({ dim: 4, classes: 0 }, new Random(1));
    expect(Math.exp(logScale.values[0]!)).toBeCloseTo(7, 5);
  });
  it("says which option is wrong", () => {
    expect(() => contrastiveTension({ scale: 0 })).toThrow("`contrastiveTension.scale`");
  });
});
