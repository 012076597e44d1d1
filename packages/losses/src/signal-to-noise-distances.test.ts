import { relationLossLaws, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { mean } from "../test/plain-math.js";
import { contrastive } from "./contrastive.js";
import { signalToNoiseDistances } from "./signal-to-noise-distances.js";

const variance = (row: number[]) => mean(row.map((x) => (x - mean(row)) ** 2));
const plain = (a: number[], c: number[]) => variance(a.map((x, k) => x - c[k]!)) / variance(a);
const values = (a: number[][], c: number[][]) => tf.tidy(() => signalToNoiseDistances(tf.tensor2d(a), tf.tensor2d(c)).arraySync());
const slopes = (a: number[][], c: number[][]) =>
  tf.tidy(() =>
    tf
      .grads((x: tf.Tensor, y: tf.Tensor) => tf.sum(signalToNoiseDistances(x as tf.Tensor2D, y as tf.Tensor2D)))([
        tf.tensor2d(a),
        tf.tensor2d(c),
      ])
      .map((slope) => slope.arraySync() as number[][]),
  );

const tenths = fc.integer({ min: -30, max: 30 }).map((x) => x / 10);
const row = fc.tuple(tenths, tenths, tenths, tenths).filter((one) => variance(one) > 0.1);

describe("contrastive with signalToNoiseDistances", () => {
  for (const law of relationLossLaws(contrastive({ distances: signalToNoiseDistances, margin: 4 }))) it(law.title, law.run);
});

describe("signalToNoiseDistances", () => {
  beforeAll(() => useEngine());

  it("is var(a − c) / var(a), and not symmetric", () => {
    // a = (1, −1): variance 1. c = (3, 1): a − c = (−2, −2), no noise. e = (2, −4): a − e = (−1, 3), variance 4; var(e) = 9.
    expect(
      values(
        [
          [1, -1],
          [2, -4],
        ],
        [
          [3, 1],
          [2, -4],
          [1, -1],
        ],
      ),
    ).toEqual([
      [0, 4, 0],
      [expect.closeTo(4 / 9, 6), 0, expect.closeTo(4 / 9, 6)],
    ]);
  });
  it("is that of plain loops", () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), fc.array(row, { minLength: 1, maxLength: 4 }), (a, c) => {
        const actual = values(a, c);
        a.forEach((one, i) => {
          c.forEach((other, j) => {
            expect(Math.abs(actual[i]![j]! - plain(one, other))).toBeLessThan(1e-5 * Math.max(1, plain(one, other)) + 1e-6 / variance(one));
          });
        });
      }),
      { numRuns: 50 },
    );
  });
  it("has the gradient of finite differences", () => {
    const [a, c] = [
      [0.3, -1.2, 0.8],
      [0.9, 0.1, -0.7],
    ];
    const difference = (of: (step: number) => number) => (of(1e-6) - of(-1e-6)) / 2e-6;
    const [ofAnchor, ofCandidate] = slopes([a], [c]);
    a.forEach((_, k) => {
      expect(ofAnchor![0]![k]).toBeCloseTo(
        difference((step) => plain(a.with(k, a[k]! + step), c)),
        4,
      );
      expect(ofCandidate![0]![k]).toBeCloseTo(
        difference((step) => plain(a, c.with(k, c[k]! + step))),
        4,
      );
    });
  });
  it("is 0 with gradient 0 for an anchor without a signal, whatever the length", () => {
    for (const level of [0, 0.1, 5e3]) {
      expect(values([[level, level, level]], [[1, 2, 4]])).toEqual([[0]]);
      expect(
        slopes([[level, level, level]], [[1, 2, 4]])
          .flat(2)
          .every((x) => x === 0),
      ).toBe(true);
    }
    expect(values([[1e-6, -1e-6]], [[2e-6, -4e-6]])[0]![0]).toBeCloseTo(4, 5); // short is not silent
    // Nor is a little signal on a level: variance 0.01 of a square of 100; a − c = (0.1, −0.1) about its mean, variance 0.01.
    expect(values([[10.1, 9.9]], [[10, 10]])[0]![0]).toBeCloseTo(1, 3);
  });
});
