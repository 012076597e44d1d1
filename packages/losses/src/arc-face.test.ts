import { classLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handClassValue } from "../test/hand-batch.js";
import { cosine, meanCrossEntropy } from "../test/plain-math.js";
import { arcFace } from "./arc-face.js";

describe("arcFace", () => {
  const [scale, margin] = [8, 0.5];
  const laws = classLossLaws(arcFace({ scale }), {
    oracle: (batch, { prototypes }) =>
      meanCrossEntropy(batch, (i) =>
        prototypes!.map((prototype, c) => {
          const cos = cosine(batch.embeddings[i]!, prototype);
          if (c !== batch.classes[i]) return scale * cos;
          const angle = Math.acos(cos);
          return scale * (angle + margin <= Math.PI ? Math.cos(angle + margin) : cos - margin * Math.sin(margin));
        }),
      ),
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand on both sides of θ + m = π", async () => {
    // Prototypes at 0° and 90°; scale 2, margin 30°. Row at 60° of class 0: own logit 2 cos 90° = 0, other 2 cos 30° = 1.7320508:
    // log(1 + e^1.7320508) = 1.8950. Row at 170° of class 0: past π: cos 170° − (π/6) sin 30° = −0.9848078 − 0.2617994 = −1.2466072,
    // own logit −2.4932143, other 2 cos 80° = 0.3472964: log(1 + e^2.8405107).
    const loss = arcFace({ scale: 2, margin: Math.PI / 6 });
    const prototypes = atDegrees(0, 90);
    expect(await handClassValue(loss, atDegrees(60), [0], prototypes)).toBeCloseTo(Math.log1p(Math.exp(1.7320508)), 5);
    expect(await handClassValue(loss, atDegrees(170), [0], prototypes)).toBeCloseTo(Math.log1p(Math.exp(2.8405107)), 5);
  });
  it("never rewards turning away from the own class", async () => {
    const losses = [];
    for (let angle = 0; angle <= 180; angle += 5) {
      losses.push(
        await handClassValue(
          arcFace({ scale: 4 }),
          [[Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180), 0]],
          [0],
          [
            [1, 0, 0],
            [0, 0, 1],
          ],
        ),
      );
    }
    for (let i = 1; i < losses.length; i++) expect(losses[i]!).toBeGreaterThan(losses[i - 1]!);
  });
  it("leaves out rows without a class", async () => {
    const rows = atDegrees(60, 20);
    const [both, one] = [
      await handClassValue(arcFace(), rows, [0, -1], atDegrees(0, 90)),
      await handClassValue(arcFace(), rows.slice(0, 1), [0], atDegrees(0, 90)),
    ];
    expect(both).toBeCloseTo(one, 5);
  });
  it("says which option is wrong", () => {
    expect(() => arcFace({ margin: 28.6 })).toThrow("`arcFace.margin` must be an angle from 0 to π/2, in radians; received 28.6.");
    expect(() => arcFace({ scale: 0 })).toThrow("`arcFace.scale`");
  });
});
