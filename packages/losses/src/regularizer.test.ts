import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { cosine, dot, mean, relu, sum } from "../test/plain-math.js";
import * as losses from "./index.js";
import type { Regularizer } from "./regularizer.js";

type Rows = readonly (readonly number[])[];

/** Value and gradient of a regularizer on rows, those of different things being all others, or as told. */
function run(regularizer: Regularizer, rows: Rows, apart?: number[][]) {
  return tf.tidy(() => {
    const { value, grad } = tf.valueAndGrad((x) =>
      tf.addN(
        regularizer
          .compute({
            rows: x as tf.Tensor2D,
            apart: () => (apart ? tf.tensor2d(apart) : tf.sub(1, losses.identityMask(rows.length))),
          })
          .map(({ total, count }) => tf.div<tf.Scalar>(total, count)),
      ),
    )(tf.tensor2d(rows as number[][]));
    return { value: value.dataSync()[0]!, gradient: [...grad.dataSync()] };
  });
}

const rows = [
  [0.5, -1.2, 0.3],
  [1.1, 0.4, -0.7],
  [-0.2, 0.9, 1.6],
  [0.8, 0.1, 0.6],
];
const pairs = <T>(all: readonly T[]) => all.flatMap((a, i) => all.flatMap((b, j) => (i === j ? [] : [[a, b] as const])));

const regularizers: [string, Regularizer, (rows: Rows) => number][] = [
  ["lpRegularizer", losses.lpRegularizer(), (x) => mean(x.map((row) => Math.hypot(...row)))],
  ["lpRegularizer, p 1", losses.lpRegularizer({ p: 1 }), (x) => mean(x.map((row) => sum(row.map(Math.abs))))],
  ["lpRegularizer, power 2", losses.lpRegularizer({ power: 2 }), (x) => mean(x.map((row) => sum(row.map((v) => v * v))))],
  [
    "lpRegularizer, p 3, power 1.5",
    losses.lpRegularizer({ p: 3, power: 1.5 }),
    (x) => mean(x.map((row) => sum(row.map((v) => Math.abs(v) ** 3)) ** (1.5 / 3))),
  ],
  ["zeroMean", losses.zeroMean(), (x) => mean(x.map((row) => Math.abs(sum(row))))],
  [
    "centerInvariant",
    losses.centerInvariant(),
    (x) => {
      const squared = x.map((row) => dot(row, row));
      return mean(squared.map((one) => (one - mean(squared)) ** 2 / 4));
    },
  ],
  [
    "regularFace",
    losses.regularFace(),
    (x) => mean(x.map((row) => Math.max(...x.filter((other) => other !== row).map((other) => cosine(row, other))))),
  ],
  [
    "sparseCenters",
    losses.sparseCenters({ centers: 2 }),
    (x) => (Math.sqrt(2 - 2 * cosine(x[0]!, x[1]!)) + Math.sqrt(2 - 2 * cosine(x[2]!, x[3]!))) / (2 * 2),
  ],
  [
    "globalOrthogonal",
    losses.globalOrthogonal({ meanWeight: 0.5, secondMomentWeight: 3 }),
    (x) => {
      const cosines = pairs(x).map(([a, b]) => cosine(a, b));
      return 0.5 * mean(cosines) ** 2 + 3 * relu(mean(cosines.map((c) => c * c)) - 1 / 3);
    },
  ],
];

describe("regularizers", () => {
  beforeAll(() => useEngine());
  for (const [name, regularizer, oracle] of regularizers) {
    it(`${name}: equals its plain loops, value and gradient`, () => {
      const { value, gradient } = run(regularizer, rows);
      expect(value).toBeCloseTo(oracle(rows), 5);
      gradient.forEach((slope, at) => {
        const moved = (by: number) => oracle(rows.map((row, i) => row.map((x, k) => (i * 3 + k === at ? x + by : x))));
        expect(slope).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 3);
      });
    });
    it(`${name}: is finite, with a finite gradient, at the borders of its domain`, () => {
      const borders: Record<string, Rows> = {
        zero: rows.map((row) => row.map(() => 0)),
        equal: rows.map(() => rows[0]!),
        opposite: rows.map((row, i) => rows[0]!.map((x) => (i % 2 === 0 ? x : -x)).map((x, k) => x + 0 * row[k]!)),
        short: rows.map((row) => row.map((x) => x * 1e-4)),
        long: rows.map((row) => row.map((x) => x * 5e3)),
        ...(name !== "sparseCenters" && { one: rows.slice(0, 1) }),
      };
      for (const [border, at] of Object.entries(borders)) {
        const { value, gradient } = run(regularizer, at);
        expect([value, ...gradient].every(Number.isFinite), border).toBe(true);
      }
    });
    it(`${name}: shows a NaN instead of hiding it, and leaves no tensor behind`, () => {
      const before = tf.memory().numTensors;
      expect(run(regularizer, rows.with(1, [Number.NaN, 0, 0])).value).toBeNaN();
      expect(tf.memory().numTensors).toBe(before);
    });
  }

  it("give the values worked by hand", () => {
    const two = [
      [3, 4],
      [-5, 12],
    ];
    // Lengths 5, 13; magnitudes 7, 17; coordinates add up to 7, 7; squared lengths 25, 169 are 72 from their mean: 72² / 4 = 1296.
    expect(run(losses.lpRegularizer(), two).value).toBeCloseTo(9, 5);
    expect(run(losses.lpRegularizer({ p: 1 }), two).value).toBeCloseTo(12, 5);
    expect(run(losses.lpRegularizer({ power: 2 }), two).value).toBeCloseTo(97, 4);
    expect(run(losses.zeroMean(), two).value).toBeCloseTo(7, 5);
    expect(run(losses.centerInvariant(), two).value).toBeCloseTo(1296, 2);
    // Cosine (−15 + 48) / 65 = 0.5076923 for both. Distance √(2 − 1.0153846) = 0.9922779, over 1 class · 2 centers · 1.
    expect(run(losses.regularFace(), two).value).toBeCloseTo(0.5076923, 5);
    expect(run(losses.sparseCenters({ centers: 2 }), two).value).toBeCloseTo(0.9922779 / 2, 5);
    // Mean 0.5076923, squared 0.2577515; second moment the same, less than 1/2: 0.
    expect(run(losses.globalOrthogonal(), two).value).toBeCloseTo(0.2577515, 5);
  });
  it("globalOrthogonal looks at the pairs of different things alone, and is 0 where there is none", () => {
    // Rows 0 and 1 have cosine 1, rows 0 and 2 are at right angles: only the latter pair is of different things.
    const three = [
      [1, 0],
      [2, 0],
      [0, 1],
    ];
    const apart = [
      [0, 0, 1],
      [0, 0, 0],
      [1, 0, 0],
    ];
    expect(run(losses.globalOrthogonal(), three, apart).value).toBeCloseTo(0, 6);
    const none = run(
      losses.globalOrthogonal(),
      three,
      apart.map((row) => row.map(() => 0)),
    );
    expect(none.value).toBe(0);
    expect(none.gradient.every((slope) => slope === 0 || Object.is(slope, -0))).toBe(true);
  });
  it("lpRegularizer is 0 for the zero vector", () => {
    for (const p of [1, 2, 3]) expect(run(losses.lpRegularizer({ p }), [[0, 0, 0]]).value).toBe(0);
  });
  it("regularFace is 0 for a class that is alone", () => {
    expect(run(losses.regularFace(), [[1, 2]]).value).toBe(0);
  });
  it("say which option is wrong", () => {
    expect(() => losses.lpRegularizer({ p: 0.5 })).toThrow("`lpRegularizer.p` must be a finite number of 1 or more; received 0.5.");
    expect(() => losses.lpRegularizer({ power: 0 })).toThrow("`lpRegularizer.power`");
    expect(() => losses.lpRegularizer({ reducer: losses.mean() } as never)).toThrow("`lpRegularizer` has no option `reducer`");
    expect(() => losses.zeroMean({ p: 1 } as never)).toThrow("`zeroMean` has no option `p`");
    expect(() => losses.sparseCenters({ centers: 1 })).toThrow("`sparseCenters.centers` must be a whole number of 2 or more; received 1.");
    expect(() => run(losses.sparseCenters({ centers: 3 }), rows)).toThrow("received 3, and 4 class vectors");
    expect(() => losses.globalOrthogonal({ meanWeight: -1 })).toThrow("`globalOrthogonal.meanWeight`");
    expect(() => losses.globalOrthogonal({ secondMomentWeight: -1 })).toThrow("`globalOrthogonal.secondMomentWeight`");
  });
});
