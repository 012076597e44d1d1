import { classLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handClassValue } from "../test/hand-batch.js";
import { cosine, meanCrossEntropy, sum } from "../test/plain-math.js";
import { softTriple } from "./soft-triple.js";

describe("softTriple", () => {
  const [centers, scale, gamma, margin] = [2, 8, 0.3, 0.1];
  const laws = classLossLaws(softTriple({ centers, scale, gamma, margin }), {
    oracle: (batch, { prototypes }) =>
      meanCrossEntropy(batch, (i) =>
        Array.from({ length: prototypes!.length / centers }, (_, c) => {
          const s = prototypes!.slice(c * centers, (c + 1) * centers).map((center) => cosine(batch.embeddings[i]!, center));
          const all = sum(s.map((one) => Math.exp(one / gamma)));
          return scale * (sum(s.map((one) => (Math.exp(one / gamma) / all) * one)) - (c === batch.classes[i] ? margin : 0));
        }),
      ),
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // Row at 60°. Class 0 has centers at 0° and 120°, both of cosine 0.5: S = 0.5. Class 1 has centers at 60° and −30°, of cosine 1 and 0; with
    // gamma = 1: S = e / (e + 1) = 0.7310586. scale 10, margin 0.1: log(1 + e^(10 (0.7310586 − 0.4))) = log(1 + e^3.310586).
    const loss = softTriple({ centers: 2, scale: 10, gamma: 1, margin: 0.1 });
    expect(await handClassValue(loss, atDegrees(60), [0], atDegrees(0, 120, 60, -30))).toBeCloseTo(Math.log1p(Math.exp(3.310586)), 5);
  });
  it("leaves out rows without a class", async () => {
    const [rows, prototypes] = [atDegrees(60, 20), atDegrees(0, 90, 180, 270)];
    const one = await handClassValue(softTriple({ centers: 2 }), rows.slice(0, 1), [0], prototypes);
    expect(await handClassValue(softTriple({ centers: 2 }), rows, [0, -1], prototypes)).toBeCloseTo(one, 5);
  });
  it("says which option is wrong", () => {
    expect(() => softTriple({ centers: 1.5 })).toThrow("`softTriple.centers`");
    expect(() => softTriple({ scale: 0 })).toThrow("`softTriple.scale`");
    expect(() => softTriple({ gamma: 0 })).toThrow("`softTriple.gamma`");
    expect(() => softTriple({ margin: -1 })).toThrow("`softTriple.margin`");
  });
});
