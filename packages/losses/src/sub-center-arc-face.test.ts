import { classLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handClassValue } from "../test/hand-batch.js";
import { cosine, meanCrossEntropy } from "../test/plain-math.js";
import { subCenterArcFace } from "./sub-center-arc-face.js";

describe("subCenterArcFace", () => {
  const [scale, margin, centers] = [8, 0.5, 2];
  const laws = classLossLaws(subCenterArcFace({ scale, centers }), {
    oracle: (batch, { prototypes }) =>
      meanCrossEntropy(batch, (i) =>
        Array.from({ length: prototypes!.length / centers }, (_, c) => {
          const own = prototypes!.slice(c * centers, (c + 1) * centers);
          const cos = Math.max(...own.map((center) => cosine(batch.embeddings[i]!, center)));
          if (c !== batch.classes[i]) return scale * cos;
          const angle = Math.acos(cos);
          return scale * (angle + margin <= Math.PI ? Math.cos(angle + margin) : cos - margin * Math.sin(margin));
        }),
      ),
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand", async () => {
    // Centers of class 0 at 0° and 120°, of class 1 at 90° and 180°; margin 30°, scale 2. A row at 60° has cosine 0.5 to both centers of class 0,
    // so own logit 2 cos 90° = 0; nearest of class 1 at 90°: 2 cos 30° = 1.7320508. A row at 130°: own center at 120°: 2 cos 40° = 1.5320889,
    // other: 2 cos 40°.
    const prototypes = atDegrees(0, 120, 90, 180);
    const loss = subCenterArcFace({ centers: 2, scale: 2, margin: Math.PI / 6 });
    expect(await handClassValue(loss, atDegrees(60), [0], prototypes)).toBeCloseTo(Math.log1p(Math.exp(1.7320508)), 4);
    expect(await handClassValue(loss, atDegrees(130), [0], prototypes)).toBeCloseTo(Math.log(2), 4);
  });
  it("does not count centers that tie twice", async () => {
    const { arcFace } = await import("./arc-face.js");
    const [a, b] = atDegrees(0, 90) as [number[], number[]];
    const twice = await handClassValue(subCenterArcFace({ centers: 2 }), atDegrees(10, 80), [0, 0], [a, a, b, b]);
    expect(twice).toBeCloseTo(await handClassValue(arcFace(), atDegrees(10, 80), [0, 0], [a, b]), 4);
  });
  it("is ArcFace with one center", async () => {
    const { arcFace } = await import("./arc-face.js");
    const [rows, prototypes] = [atDegrees(10, 80, 170), atDegrees(0, 90, 200)];
    const one = await handClassValue(subCenterArcFace({ centers: 1 }), rows, [0, 1, 1], prototypes);
    expect(one).toBeCloseTo(await handClassValue(arcFace(), rows, [0, 1, 1], prototypes), 4);
  });
  it("leaves out rows without a class", async () => {
    const [rows, prototypes] = [atDegrees(60, 20), atDegrees(0, 90, 180, 270)];
    const one = await handClassValue(subCenterArcFace({ centers: 2 }), rows.slice(0, 1), [0], prototypes);
    expect(await handClassValue(subCenterArcFace({ centers: 2 }), rows, [0, -1], prototypes)).toBeCloseTo(one, 5);
  });
  it("says which option is wrong", () => {
    expect(() => subCenterArcFace({ centers: 0 })).toThrow("`subCenterArcFace.centers`");
    expect(() => subCenterArcFace({ scale: 0 })).toThrow("`subCenterArcFace.scale`");
    expect(() => subCenterArcFace({ margin: 28.6 })).toThrow("`subCenterArcFace.margin` must be an angle from 0 to π/2");
  });
});
