import { classLossLaws, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { atDegrees, handClassValue } from "../test/hand-batch.js";
import { cosine, mean, sum } from "../test/plain-math.js";
import { classMask, classSoftmax } from "./class-softmax.js";
import * as losses from "./index.js";

describe("classSoftmax", () => {
  beforeAll(() => useEngine());
  const terms = (logits: number[][], classes: number[], smoothing?: number) =>
    tf.tidy(() => {
      const target = classMask(tf.tensor1d(classes, "int32"), logits[0]!.length);
      const { terms, counted } = classSoftmax(tf.tensor2d(logits), target, smoothing);
      return [[...terms.dataSync()], [...counted!.dataSync()]];
    });

  it("is the cross entropy of the row's class", () => {
    // log(1 + e + e²) = 2.4076059
    const [[term]] = terms([[0, 1, 2]], [1]) as [number[]];
    expect(term).toBeCloseTo(1.4076059, 5);
  });
  it("smooths labels", () => {
    // ε = 0.3 over three classes: q = (0.1, 0.8, 0.1): 2.4076059 − (0.8 · 1 + 0.1 · 2) = 1.4076059; of class 2: q = (0.1, 0.1, 0.8): 2.4076059 − 1.7.
    const [values] = terms(
      [
        [0, 1, 2],
        [0, 1, 2],
      ],
      [1, 2],
      0.3,
    );
    expect(values![0]).toBeCloseTo(1.4076059, 5);
    expect(values![1]).toBeCloseTo(0.7076059, 5);
  });
  it("leaves out rows without a class, smoothed or not", () => {
    for (const smoothing of [0, 0.3]) {
      const [values, counted] = terms([[0, 1, 2]], [3], smoothing);
      expect(values).toEqual([0]);
      expect(counted).toEqual([0]);
    }
  });
});

describe("labelSmoothing", () => {
  const smoothed = [
    losses.softmax,
    losses.normalizedSoftmax,
    losses.arcFace,
    losses.subCenterArcFace,
    losses.cosFace,
    losses.sphereFace,
    losses.largeMarginSoftmax,
    losses.softTriple,
    losses.instance,
  ];
  for (const make of smoothed) {
    it(`is an option of ${make().name}`, async () => {
      expect(() => make({ labelSmoothing: 1.5 })).toThrow(`\`${make().name}.labelSmoothing\` must be a number from 0 to 1; received 1.5.`);
      // 6 prototypes: with one, two or three centers a class, 6, 3 or 2 classes. Smoothing changes any loss that reads it.
      const prototypes = atDegrees(0, 25, 90, 110, 200, 300);
      const options = /subCenter|softTriple/.test(make().name) ? { centers: 2 } : {};
      const value = (labelSmoothing: number) =>
        handClassValue(make({ ...options, labelSmoothing }) as never, atDegrees(10, 100), [0, 1], prototypes);
      expect(Math.abs((await value(0.2)) - (await value(0)))).toBeGreaterThan(0.01);
    });
  }
  const laws = classLossLaws(losses.normalizedSoftmax({ temperature: 0.2, labelSmoothing: 0.1 }), {
    oracle: ({ embeddings, classes }, { prototypes }) =>
      mean(
        embeddings.map((row, i) => {
          const logits = prototypes!.map((prototype) => cosine(row, prototype) / 0.2);
          const wanted = logits.map((_, c) => (c === classes[i] ? 0.9 : 0) + 0.1 / logits.length);
          return Math.log(sum(logits.map(Math.exp))) - sum(logits.map((logit, c) => logit * wanted[c]!));
        }),
      ),
  });
  for (const law of laws) it(law.title, law.run);
});
