import { Random } from "@quaterion/core";
import { classLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { handClassValue } from "../test/hand-batch.js";
import { arcFace } from "./arc-face.js";
import { classWeighted } from "./class-weighted.js";
import { contrastive } from "./contrastive.js";
import { normalizedSoftmax } from "./normalized-softmax.js";
import { proxyAnchor } from "./proxy-anchor.js";

const prototypes = [
  [1, 0],
  [0, 1],
];
const rows = [
  [1, 0.5],
  [-0.2, 1],
  [0.3, 0.4],
];

describe("classWeighted(normalizedSoftmax)", () => {
  for (const law of classLossLaws(classWeighted(normalizedSoftmax({ temperature: 0.5 }), [1, 0.5, 2]))) it(law.title, law.run);
});

describe("classWeighted", () => {
  it("lets a sample count as often as its class's weight says", async () => {
    const loss = normalizedSoftmax({ temperature: 0.5 });
    const of = (weights: number[], which = [0, 1, 2]) =>
      handClassValue(
        classWeighted(loss, weights),
        which.map((i) => rows[i]!),
        which.map((i) => [0, 1, 1][i]!),
        prototypes,
      );
    const alone = await Promise.all([0, 1, 2].map((i) => handClassValue(loss, [rows[i]!], [[0, 1, 1][i]!], prototypes)));
    expect(await of([3, 1])).toBeCloseTo((3 * alone[0]! + alone[1]! + alone[2]!) / 5, 5);
    expect(await of([0, 1])).toBeCloseTo((alone[1]! + alone[2]!) / 2, 5);
    expect(await of([6, 2])).toBeCloseTo(await of([3, 1]), 6); // ratios alone matter
  });
  it("works with a loss that weights rows by itself", async () => {
    const weighted = await handClassValue(classWeighted(proxyAnchor(), [2, 1]), rows.slice(0, 2), [0, 1], prototypes);
    const doubled = await handClassValue(proxyAnchor(), [rows[0]!, rows[0]!, rows[1]!], [0, 0, 1], prototypes);
    expect(weighted).toBeCloseTo(doubled, 5);
  });
  it("keeps what the loss declares", () => {
    const loss = classWeighted(arcFace({ margin: 0.3 }), [1, 2]);
    expect(loss).toMatchObject({ contract: 1, reads: "classes", name: "classWeighted(arcFace)", memory: false, wholeBatch: false });
    expect(loss.config).toEqual({ loss: "arcFace", options: { margin: 0.3, scale: 64, labelSmoothing: 0 }, weights: [1, 2] });
    expect(loss.parameters!({ dim: 2, classes: 2 }, new Random(1)).prototypes.shape).toEqual([2, 2]);
  });
  it("says what is wrong", () => {
    expect(() => classWeighted(contrastive() as never, [1])).toThrow("`classWeighted.loss` must be a loss on classes, such as arcFace()");
    expect(() => classWeighted(arcFace(), 3 as never)).toThrow(
      "`classWeighted.weights` must be an array of one weight for each class; received 3",
    );
    expect(() => classWeighted(arcFace(), [])).toThrow("`classWeighted.weights` must be an array");
    expect(() => classWeighted(arcFace(), [1, -1])).toThrow("`classWeighted.weights[1]` must be a finite number of 0 or more; received -1");
    expect(() => classWeighted(arcFace(), [1, 2]).parameters!({ dim: 2, classes: 3 }, new Random(1))).toThrow(
      "`classWeighted.weights` has 2 weights; the label space has 3 classes",
    );
  });
});
