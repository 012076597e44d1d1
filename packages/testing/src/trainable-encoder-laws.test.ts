import type { FrozenEncoder } from "@quaterion/core";
import type { TrainableEncoder } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { trainableEncoderLaws } from "./index.js";

type Point = readonly number[];
type Tried = TrainableEncoder<Point>;
const values: readonly Point[] = [
  [0.3, -0.2, 0.9],
  [1.1, 0.4, -0.7],
  [-0.6, 0.8, 0.1],
];

/** tanh(x · kernel + bias), with dropout of the inputs; the bias is not trained: right in every respect. */
const right: Tried = {
  contract: 1,
  name: "tried",
  dim: 2,
  fingerprint: "ab12",
  config: null,
  notes: [],
  learningRate: 1e-3,
  constants: { bias: { shape: [2], values: Float32Array.of(0.1, -0.1) } },
  key: (point) => new Uint8Array(Float32Array.from(point).buffer),
  ready: async () => right,
  weights: (random) => ({ kernel: { shape: [3, 2], values: Float32Array.from({ length: 6 }, () => 0.5 * random.normal()) } }),
  prepare(points, { training, random }) {
    const x = Float32Array.from(points.flat(), (number) => (training && random.uniform() < 0.5 ? 0 : number));
    return { x: { shape: [points.length, 3], data: x } };
  },
  apply: ({ x }, { kernel, bias }) => tf.tanh(tf.add(tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D), bias!)) as tf.Tensor2D,
  freeze: async ({ kernel }) =>
    frozenOf((point) => [0, 1].map((d) => Math.tanh(point.reduce((sum, x, i) => sum + x * kernel!.values[i * 2 + d]!, [0.1, -0.1][d]!)))),
};

let frozenSoFar = 0;
function frozenOf(vector: (point: Point) => number[]): FrozenEncoder<Point> {
  return {
    name: "frozen",
    dim: 2,
    fingerprint: (++frozenSoFar).toString(16),
    key: right.key,
    encode: async (points) => Float32Array.from(points.flatMap(vector)),
    save: () => Promise.reject(new Error("not asked for")),
  };
}

const wrong: [law: string, encoder: Tried][] = [
  ["declares what the trainer asks for", { ...right, fingerprint: "tried" }],
  [
    "has weights of the shapes that they say, the same for the same seed, none of them a constant too",
    { ...right, constants: { ...right.constants, kernel: right.weights({ normal: () => 0 } as never)["kernel"]! } },
  ],
  [
    "makes one finite vector of its dimension from each value",
    { ...right, dim: 3, freeze: async (w, t) => ({ ...(await right.freeze(w, t)), dim: 3 }) },
  ],
  [
    "gives a value the same vector whatever else is in the batch",
    {
      ...right,
      apply: (batch, weights) => tf.mul(right.apply(batch, weights), 1 / batch["x"]!.shape[0]!),
      freeze: async () => frozenOf(() => []),
    },
  ],
  [
    "draws from the step's generator alone, and only in training",
    {
      ...right,
      prepare: (points, step) => ({
        x: { shape: [points.length, 3], data: Float32Array.from(points.flat(), (x) => x + 1e-6 * step.random.uniform()) },
      }),
    },
  ],
  [
    "has the gradient that finite differences have",
    {
      ...right,
      apply(batch, weights) {
        const steep = tf.customGrad((x) => ({ value: tf.clone(x as tf.Tensor2D), gradFunc: (dy) => tf.mul(dy, 1.2) }));
        return steep(right.apply(batch, weights)) as tf.Tensor2D;
      },
    },
  ],
  ["freezes into an encoder with the vectors that it trains on", { ...right, freeze: async () => frozenOf(([a, b]) => [a!, b!]) }],
  [
    "leaves no tensor behind",
    {
      ...right,
      apply(batch, weights) {
        tf.keep(tf.scalar(0));
        return right.apply(batch, weights);
      },
    },
  ],
];

async function broken(encoder: Tried): Promise<string[]> {
  const titles: string[] = [];
  for (const law of trainableEncoderLaws(() => ({ ...encoder, ready: async () => encoder }), values))
    await law.run().catch(() => titles.push(law.title));
  return titles;
}

describe("trainableEncoderLaws", () => {
  it("hold for a right encoder", async () => {
    expect(await broken(right)).toEqual([]);
  });
  it.each(wrong)("'%s' is broken by an encoder that is wrong in that", async (law, encoder) => {
    expect(await broken(encoder)).toContain(law);
  });
  it("all have an encoder here that breaks them", () => {
    expect(trainableEncoderLaws(() => right, values).map((law) => law.title)).toEqual(wrong.map(([law]) => law));
  });
  it("want two values", () => {
    expect(() => trainableEncoderLaws(() => right, values.slice(0, 1))).toThrow("`values` must be two or more; received 1.");
  });
});
