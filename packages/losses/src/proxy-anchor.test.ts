import { classLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handClassValue } from "../test/hand-batch.js";
import { cosine, mean, sum } from "../test/plain-math.js";
import { proxyAnchor } from "./proxy-anchor.js";

describe("proxyAnchor", () => {
  const [scale, margin] = [8, 0.1];
  const laws = classLossLaws(proxyAnchor({ scale }), {
    oracle: ({ embeddings, classes }, { prototypes }) => {
      const over = (of: (c: number) => number | undefined) => mean(prototypes!.flatMap((_, c) => of(c) ?? []));
      const exponentials = (c: number, own: boolean) =>
        embeddings.flatMap((row, i) =>
          (classes[i] === c) === own
            ? [Math.exp(scale * (own ? margin - cosine(row, prototypes![c]!) : cosine(row, prototypes![c]!) + margin))]
            : [],
        );
      const pull = over((c) => (classes.includes(c) ? Math.log(1 + sum(exponentials(c, true))) : undefined));
      return pull + over((c) => Math.log(1 + sum(exponentials(c, false))));
    },
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // Proxies at 0° and 90°; one row at 60° of class 0; scale 2, margin 0.1. Pull, over proxy 0 alone: log(1 + e^(−2 (0.5 − 0.1))).
    // Push: proxy 0 has no row of another class: log 1 = 0; proxy 1: log(1 + e^(2 (0.8660254 + 0.1))); mean over both: half of it.
    const expected = Math.log1p(Math.exp(-0.8)) + Math.log1p(Math.exp(1.9320508)) / 2;
    expect(await handClassValue(proxyAnchor({ scale: 2 }), atDegrees(60), [0], atDegrees(0, 90))).toBeCloseTo(expected, 5);
  });
  it("leaves out rows without a class, as positives and as negatives", async () => {
    const [rows, proxies] = [atDegrees(60, 80), atDegrees(0, 90)];
    const alone = await handClassValue(proxyAnchor(), rows.slice(0, 1), [0], proxies);
    expect(await handClassValue(proxyAnchor(), rows, [0, -1], proxies)).toBeCloseTo(alone, 5);
  });
  it("says which option is wrong", () => {
    expect(() => proxyAnchor({ scale: 0 })).toThrow("`proxyAnchor.scale`");
    expect(() => proxyAnchor({ margin: -1 })).toThrow("`proxyAnchor.margin`");
  });
});
