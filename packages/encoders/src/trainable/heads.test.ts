import "@quaterion/tfjs-backend-onnxruntime/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { Random } from "@quaterion/core";
import type { Head, InitialTensor } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { dropout } from "./dropout.js";
import { emptyHead, gatedHead, linearHead, skipConnectionHead, stackedHead } from "./index.js";

// Quaterion 0.1.35 (torch 2.13, float32): inputs, weights as `[in, out]`, and what its heads made of them.
const inputs = [
  [-0.82, 0.4, 0.9, -1.39],
  [-0.17, 0.29, -0.64, -0.89],
  [0.93, -0.54, -1.16, -0.46],
];
const kernel = [
  [-0.47, 0.7, 0.31, -2.15],
  [-0.85, -0.69, 0.76, -1.28],
  [0.82, 0.29, 1.53, -0.99],
  [0.21, 1.46, -0.78, 0],
];
const bias = [0.1, -0.2, 0.3, 0];
const gates = [-4, 0, 1, 2];
const quaterionSkip = [
  -0.8093612, -1.0092001, 2.9550056, -1.0729131, -0.1839987, -0.71205, -0.5064356, -0.3369475, 0.9133466, -0.6322, -2.0651236, -0.6008396,
];
const quaterionGated = [0.81945, 0, 0.6854348, -1.3399984, 0.169886, 0, -0.4874203, -0.8579845, -0.9293763, 0, -0.8834492, -0.4434527];

const still = { training: false, random: new Random(0) };
const tensor = (values: readonly number[] | readonly (readonly number[])[]): InitialTensor => ({
  shape: Array.isArray(values[0]) ? [values.length, (values[0] as readonly number[]).length] : [values.length],
  values: Float32Array.from(values.flat()),
});
type Weights = Readonly<Record<string, InitialTensor>>;
const tensors = (weights: Weights) =>
  Object.fromEntries(Object.entries(weights).map(([name, { shape, values }]) => [name, tf.tensor(values, shape as number[])]));
const run = (head: Head, weights: Weights, rows: readonly (readonly number[])[] = inputs) =>
  tf.tidy(() => [...head.apply(tf.tensor2d(rows as number[][]), tensors(weights), still).dataSync()]);
const expectClose = (received: readonly number[], expected: readonly number[], tolerance = 1e-6) => {
  expect(received).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(Math.abs(received[i]! - value), `number ${i}`).toBeLessThanOrEqual(tolerance);
};

beforeAll(() => tf.setBackend("cpu"));

describe("values", () => {
  it("of a skip connection are Quaterion's", () => {
    expectClose(run(skipConnectionHead(), { kernel_0: tensor(kernel), bias_0: tensor(bias), gate_0: tensor(gates) }), quaterionSkip);
  });

  it("of a gate are Quaterion's", () => {
    // Its golden gates are −4, 0, 1, 2: tanh(−4) = −0.99933, tanh(0) = 0.
    expectClose(run(gatedHead(), { gate: tensor(gates) }), quaterionGated);
  });

  it("of layers follow one another in a skip connection of two", () => {
    const weights = { kernel: tensor(kernel), bias: tensor(bias), gate: tensor(gates) };
    const one = (rows: readonly (readonly number[])[]) =>
      run(skipConnectionHead(), { kernel_0: weights.kernel, bias_0: weights.bias, gate_0: weights.gate }, rows);
    const first = one([inputs[0]!]);
    const both = {
      kernel_0: weights.kernel,
      bias_0: weights.bias,
      gate_0: weights.gate,
      kernel_1: weights.kernel,
      bias_1: weights.bias,
      gate_1: weights.gate,
    };
    expectClose(run(skipConnectionHead({ layers: 2 }), both, [inputs[0]!]), one([first]));
  });

  it("of a linear layer are x·W + b", () => {
    // [1, 2] · [[1, 0, −1], [0.5, 2, 1]] + [0.1, 0.2, 0.3] = [2.1, 4.2, 1.3]
    const weights = {
      kernel: tensor([
        [1, 0, -1],
        [0.5, 2, 1],
      ]),
      bias: tensor([0.1, 0.2, 0.3]),
    };
    expectClose(run(linearHead({ dim: 3 }), weights, [[1, 2]]), [2.1, 4.2, 1.3]);
  });

  it.each([
    // Before the activation [1, −2]; then · [[2], [4]] + 0.5.
    ["relu", 2.5],
    ["tanh", 2 * Math.tanh(1) - 4 * Math.tanh(2) + 0.5],
    ["sigmoid", 2 / (1 + Math.exp(-1)) + 4 / (1 + Math.exp(2)) + 0.5],
    ["gelu", 2 * 0.8413447 - 4 * 0.0455003 + 0.5], // x · Φ(x): Φ(1) = 0.8413447, 2 Φ(−2) = 0.0455003
    ["linear", -5.5],
  ] as const)("of stacked layers have %s between them and nothing after", (activation, expected) => {
    const weights = { kernel_0: tensor([[1, -2]]), bias_0: tensor([0, 0]), kernel_1: tensor([[2], [4]]), bias_1: tensor([0.5]) };
    expectClose(run(stackedHead({ dims: [2, 1], activation }), weights, [[1]]), [expected], 3e-6);
  });

  it("of no head are the inputs", () => {
    expectClose(run(emptyHead(), {}), inputs.flat(), 1e-7);
  });
});

describe("the start", () => {
  it("of linear and of linear stacked layers is the identity", () => {
    for (const head of [linearHead(), stackedHead({ dims: [4, 4], activation: "linear", start: "identity" })])
      expectClose(run(head, head.weights(4, new Random(1))), inputs.flat(), 1e-7);
  });

  it("of a gate is the input times tanh 2 ≈ 0.96403", () => {
    const head = gatedHead();
    expectClose(
      run(head, head.weights(4, new Random(1))),
      inputs.flat().map((x) => x * 0.9640276),
    );
  });

  it("of a skip connection differs from the input by at most σ(−4) · |x·W + b|", () => {
    const head = skipConnectionHead({ layers: 1 });
    const output = run(head, head.weights(4, new Random(1)));
    // |W|, |b| ≤ ½, so |x·W + b| ≤ ½ (Σ|x| + 1).
    for (const [i, row] of inputs.entries()) {
      const bound = (0.0179862 * (row.reduce((sum, x) => sum + Math.abs(x), 0) + 1)) / 2;
      for (const [j, x] of row.entries()) expect(Math.abs(output[4 * i + j]! - x)).toBeLessThanOrEqual(bound);
    }
    expect(output).not.toEqual(inputs.flat());
  });

  it("fills random layers within ±1/√in, with the same numbers for the same seed alone", () => {
    const draw = (seed: number) => stackedHead({ dims: [50, 3] }).weights(16, new Random(seed));
    const { kernel_0, kernel_1 } = draw(1);
    expect(kernel_0!.shape).toEqual([16, 50]);
    expect(Math.max(...kernel_0!.values.map(Math.abs))).toBeGreaterThan(0.24);
    expect(Math.max(...kernel_0!.values.map(Math.abs))).toBeLessThanOrEqual(0.25);
    expect(Math.max(...kernel_1!.values.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(50));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });
});

describe("gradients", () => {
  const heads: readonly (readonly [string, Head])[] = [
    ["linear", linearHead({ dim: 3 })],
    ["skip connection", skipConnectionHead({ layers: 2 })],
    ["gated", gatedHead()],
    ["stacked, gelu", stackedHead({ dims: [5, 2], activation: "gelu" })],
    ["stacked, tanh", stackedHead({ dims: [5, 2], activation: "tanh" })],
  ];
  it.each(heads)("of %s are what finite differences give", (_, head) => {
    const weights = head.weights(4, new Random(3));
    // Σ sin(i) · output_i: every output has a weight of its own.
    const value = (values: Weights) => run(head, values).reduce((sum, x, i) => sum + Math.sin(i + 1) * x, 0);
    const names = Object.keys(weights);
    const analytic = tf.tidy(() => {
      const gradients = tf.grads((...list: tf.Tensor[]) => {
        const output = head.apply(tf.tensor2d(inputs), Object.fromEntries(names.map((name, i) => [name, list[i]!])), still);
        const factors = tf.tensor(
          Array.from({ length: output.size }, (_, i) => Math.sin(i + 1)),
          output.shape,
        );
        return tf.sum(tf.mul(output, factors));
      })(names.map((name) => tensors(weights)[name]!));
      return gradients.map((gradient) => [...gradient.dataSync()]);
    });
    for (const [n, name] of names.entries()) {
      const { shape, values } = weights[name]!;
      for (let i = 0; i < values.length; i++) {
        const at = (delta: number) => {
          const moved = values.slice();
          moved[i]! += delta;
          return value({ ...weights, [name]: { shape, values: moved } });
        };
        // Central difference in float32 forwards: its error is about 1e-7 · |value| / (2 · 0.01) + third derivative · 1e-4.
        expect(Math.abs(analytic[n]![i]! - (at(0.01) - at(-0.01)) / 0.02), `${name}[${i}]`).toBeLessThan(2e-3);
      }
    }
  });
});

describe("dropout", () => {
  const ones = () => tf.ones([100, 100]);
  it("drops the share asked for, keeps the mean, and draws the same for the same state", () => {
    const draw = (seed: number) => [...tf.tidy(() => dropout(ones(), 0.3, { training: true, random: new Random(seed) })).dataSync()];
    const values = draw(1);
    const dropped = values.filter((value) => value === 0).length;
    expect(Math.abs(dropped - 3000)).toBeLessThan(180); // 4 standard deviations: 4 · √(10⁴ · 0.3 · 0.7) = 183
    expect(Math.max(...values)).toBeCloseTo(1 / 0.7, 6);
    expect(draw(1)).toEqual(values);
    expect(draw(2)).not.toEqual(values);
  });

  it("does nothing outside of training", () => {
    const heads = [
      linearHead({ dropout: 0.9 }),
      skipConnectionHead({ dropout: 0.9, skipDropout: 0.9 }),
      gatedHead({ dropout: 0.9 }),
      stackedHead({ dims: [4], dropout: 0.9 }),
    ];
    const plain = [linearHead(), skipConnectionHead(), gatedHead(), stackedHead({ dims: [4] })];
    for (const [i, head] of heads.entries()) {
      const weights = head.weights(4, new Random(5));
      expect(run(head, weights)).toEqual(run(plain[i]!, weights));
      const trained = tf.tidy(() => [
        ...head.apply(tf.tensor2d(inputs), tensors(weights), { training: true, random: new Random(2) }).dataSync(),
      ]);
      expect(trained).not.toEqual(run(plain[i]!, weights));
    }
  });
});

describe("options", () => {
  it.each([
    [() => linearHead({ dropout: 1 }), "`linearHead.dropout` must be a number from 0 to below 1; received 1."],
    [() => linearHead({ dims: 3 } as object), '`linearHead` has no option `dims`. Did you mean "dim"?'],
    [() => linearHead({ start: "eye" as "identity" }), "`linearHead.start` must be one of"],
    [
      () => linearHead({ dim: 3, start: "identity" }).weights(4, new Random(1)),
      'can be "identity" only where `dim` is the encoder\'s dimension, 4; received dim 3',
    ],
    [() => skipConnectionHead({ layers: 0 }), "`skipConnectionHead.layers` must be a whole number of 1 or more; received 0."],
    [() => gatedHead({ dropout: -0.1 }), "`gatedHead.dropout`"],
    [() => stackedHead({ dims: [] }), "`stackedHead.dims` must be a list of one or more dimensions; received an array of 0."],
    [() => stackedHead({ dims: [4, 0.5] }), "`stackedHead.dims[1]` must be a whole number of 1 or more; received 0.5."],
    [() => stackedHead({ dims: [4], activation: "rely" as "relu" }), 'Did you mean "relu"?'],
    [() => stackedHead({ dims: [4, 3], start: "identity" }).weights(4, new Random(1)), "received dims 4, 3"],
    [() => stackedHead(undefined as never), "`stackedHead.dims`"],
  ])("that are wrong are named, with what was expected (%#)", (make, message) => {
    expect(make).toThrow(message);
  });

  it("are kept in the head's config, with their defaults", () => {
    expect(linearHead({ dim: 2 }).config).toEqual({ dim: 2, start: "random", dropout: 0 });
    expect(stackedHead({ dims: [2] }).config).toEqual({ dims: [2], activation: "relu", start: "random", dropout: 0 });
  });
});
