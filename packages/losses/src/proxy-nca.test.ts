import { classLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handClassValue } from "../test/hand-batch.js";
import { cosine, mean, sum } from "../test/plain-math.js";
import { proxyNCA } from "./proxy-nca.js";

describe("proxyNCA", () => {
  const temperature = 0.3;
  for (const against of ["all", "others"] as const) {
    const laws = classLossLaws(proxyNCA({ temperature, against }), {
      oracle: ({ embeddings, classes }, { prototypes }) =>
        mean(
          embeddings.map((row, i) => {
            const shares = prototypes!.map((prototype) => Math.exp(-(2 - 2 * cosine(row, prototype)) / temperature));
            return -Math.log(shares[classes[i]!]! / sum(shares.filter((_, c) => against === "all" || c !== classes[i])));
          }),
        ),
    });
    for (const law of laws) it(`${law.title} (against ${against})`, law.run);
  }

  it("gives the values worked by hand", async () => {
    // Row at 60°, proxies at 0° (own) and 90°: squared distances 2 − 2 · 0.5 = 1 and 2 − 2 · 0.8660254 = 0.2679492. Against all:
    // log(1 + e^(1 − 0.2679492)); against the others: 0.7320508.
    const value = (against: "all" | "others") => handClassValue(proxyNCA({ against }), atDegrees(60), [0], atDegrees(0, 90));
    expect(await value("all")).toBeCloseTo(Math.log1p(Math.exp(0.7320508)), 5);
    expect(await value("others")).toBeCloseTo(0.7320508, 5);
  });
  it("is 0 in a label space of one class", async () => {
    expect(await handClassValue(proxyNCA(), atDegrees(60), [0], atDegrees(0))).toBeCloseTo(0, 6);
    expect(await handClassValue(proxyNCA({ against: "others" }), atDegrees(60), [0], atDegrees(0))).toBe(0);
  });
  it("leaves out rows without a class", async () => {
    const [rows, proxies] = [atDegrees(60, 80), atDegrees(0, 90)];
    const alone = await handClassValue(proxyNCA(), rows.slice(0, 1), [0], proxies);
    expect(await handClassValue(proxyNCA(), rows, [0, -1], proxies)).toBeCloseTo(alone, 5);
  });
  it("says which option is wrong", () => {
    expect(() => proxyNCA({ temperature: 0 })).toThrow("`proxyNCA.temperature`");
    expect(() => proxyNCA({ against: "other" as never })).toThrow('`proxyNCA.against` must be one of "all", "others"');
  });
});
