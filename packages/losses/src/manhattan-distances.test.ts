import { relationLossLaws, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { contrastive } from "./contrastive.js";
import { distancesInBlocks } from "./distances-in-blocks.js";
import { lpDistances } from "./lp-distances.js";
import { manhattanDistances } from "./manhattan-distances.js";
import type { PairFunction } from "./pair-function.js";

const anchors = [
  [0.3, -1.2, 0.8],
  [1.1, 0.4, -0.5],
];
const candidates = [
  [0.9, 0.1, -0.7],
  [-0.4, 1.3, 0.6],
  [0.3, -1.2, 1.4],
  [-2.1, 0.2, 0.9],
];

/** Weights that differ for each pair, so that a gradient that goes to the wrong pair shows. */
const weights = anchors.map((_, i) => candidates.map((_, j) => 1 + i + 0.3 * j));

const lp = (p: number) => (a: number[], c: number[]) => a.reduce((sum, x, k) => sum + Math.abs(x - c[k]!) ** p, 0) ** (1 / p);

function valueAndSlopes(of: PairFunction, a: number[][], c: number[][], dy: number[][]) {
  let result: { value: number[][]; slopes: number[][][] };
  tf.tidy(() => {
    const rows = [tf.tensor2d(a), tf.tensor2d(c)];
    const slopes = tf.grads((x: tf.Tensor, y: tf.Tensor) => tf.sum(tf.mul(tf.tensor2d(dy), of(x as tf.Tensor2D, y as tf.Tensor2D))))(rows);
    result = { value: of(rows[0]!, rows[1]!).arraySync(), slopes: slopes.map((slope) => slope.arraySync() as number[][]) };
  });
  return result!;
}

/** Central differences of the weighted sum in float64. */
function differences(distance: (a: number[], c: number[]) => number) {
  const total = (a: number[][], c: number[][]) =>
    a.reduce((sum, row, i) => sum + c.reduce((inner, other, j) => inner + weights[i]![j]! * distance(row, other), 0), 0);
  const moved = (rows: number[][], i: number, k: number, step: number) =>
    rows.map((row, at) => (at === i ? row.with(k, row[k]! + step) : row));
  const slope = (of: (step: number) => number) => (of(1e-6) - of(-1e-6)) / 2e-6;
  return [
    anchors.map((row, i) => row.map((_, k) => slope((step) => total(moved(anchors, i, k, step), candidates)))),
    candidates.map((row, j) => row.map((_, k) => slope((step) => total(anchors, moved(candidates, j, k, step))))),
  ];
}

const close = (rows: number[][], digits = 5) => rows.map((row) => row.map((x) => expect.closeTo(x, digits)));

describe.each([1, 1.5, 2, 3, 7])("Lp distances with p = %s", (p) => {
  beforeAll(() => useEngine());
  const of = p === 1 ? manhattanDistances : lpDistances(p);

  it("are those of plain loops, with the gradient of finite differences", () => {
    const { value, slopes } = valueAndSlopes(of, anchors, candidates, weights);
    expect(value).toEqual(close(anchors.map((a) => candidates.map((c) => lp(p)(a, c)))));
    // Anchor 0 and candidate 2 are equal in two coordinates: there Manhattan's slope jumps, and differences give the mean, 0.
    const [ofAnchors, ofCandidates] = differences(lp(p));
    expect(slopes[0]).toEqual(close(ofAnchors!, 4));
    expect(slopes[1]).toEqual(close(ofCandidates!, 4));
  });
  it("give equal rows distance 0 with gradient 0, and one tensor on both sides both gradients", () => {
    const rows = [[0.3, -0.9]];
    expect(valueAndSlopes(of, rows, rows, [[1]])).toEqual({
      value: [[0]],
      slopes: [[[0, 0]], [[0, 0]]].map((one) => one.map((row) => row.map((x) => expect.closeTo(x, 9)))),
    });
    const both = tf.tidy(() =>
      tf
        .grad((x: tf.Tensor) => tf.sum(of(x as tf.Tensor2D, x as tf.Tensor2D)))(
          tf.tensor2d([
            [0, 0],
            [3, 3],
          ]),
        )
        .arraySync(),
    );
    // Both pairs (0, 1) and (1, 0): each coordinate pulls with 2 · 2^(1/p − 1).
    const pull = 2 * 2 ** (1 / p - 1);
    expect(both).toEqual(
      close([
        [-pull, -pull],
        [pull, pull],
      ]),
    );
  });
  it("neither overflow nor vanish", () => {
    for (const size of [1e-12, 5e3, 1e15]) {
      const { value, slopes } = valueAndSlopes(of, [[size, 0]], [[0, size]], [[1]]);
      expect(value[0]![0]! / size).toBeCloseTo(2 ** (1 / p), 4);
      expect(slopes[0]).toEqual(close([[2 ** (1 / p - 1), -(2 ** (1 / p - 1))]], 4));
    }
  });
});

describe.each([manhattanDistances, lpDistances(3)].map((distances) => [distances.name, distances] as const))(
  "contrastive with %s",
  (_, distances) => {
    for (const law of relationLossLaws(contrastive({ distances, margin: 4 }))) it(law.title, law.run);
  },
);

describe("lpDistances", () => {
  it("has a name that tells p", () => {
    expect([lpDistances(1).name, lpDistances(2).name, lpDistances(3).name]).toEqual([
      "manhattanDistances",
      "euclideanDistances",
      "lpDistances(3)",
    ]);
  });
  it("says which p is wrong", () => {
    for (const p of [0.5, Number.NaN, Number.POSITIVE_INFINITY, "2" as never]) {
      expect(() => lpDistances(p)).toThrow("`lpDistances.p` must be a finite number of 1 or more; received");
    }
  });
});

describe("distancesInBlocks", () => {
  beforeAll(() => useEngine());
  const norm = { lengths: (x: tf.Tensor3D) => tf.sum<tf.Tensor2D>(tf.abs(x), 2), slopes: (x: tf.Tensor3D) => tf.sign(x) };

  it("does not depend on the blocks", () => {
    const blocks = [
      { start: 0, size: 3 },
      { start: 3, size: 1 },
    ];
    const cut = valueAndSlopes((a, c) => distancesInBlocks(a, c, norm, blocks), anchors, candidates, weights);
    const whole = valueAndSlopes(manhattanDistances, anchors, candidates, weights);
    expect(cut).toEqual({ value: close(whole.value), slopes: whole.slopes.map((slope) => close(slope)) });
  });
  it("leaves nothing behind", () => {
    const before = tf.memory().numTensors;
    valueAndSlopes(manhattanDistances, anchors, candidates, weights);
    expect(tf.memory().numTensors).toBe(before);
  });
});
