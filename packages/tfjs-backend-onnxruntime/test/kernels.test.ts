import "../src/index.js";
import "../src/gradients.js";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { backendInfo, kernelTable } from "../src/index.js";
import { edges, expectAgreement, quietCpu } from "./agreement.js";

type Case = [kernel: string, run: () => tf.Tensor | tf.Tensor[]];

const f = (...values: number[]) => tf.tensor1d(values, "float32");
const matrix = () => tf.tensor2d([1, -2, 3, -0.5, 5, 0.25], [2, 3]);
const cube = () =>
  tf.tensor3d(
    Array.from({ length: 24 }, (_, at) => ((at * 7) % 11) / 4 - 1),
    [2, 3, 4],
  );
const integers = () => tf.tensor2d([1, -2, 3, 0, 5, -7], [2, 3], "int32");
const truths = () => tf.tensor2d([1, 0, 1, 0, 0, 1], [2, 3], "bool");
const wide = () => tf.tensor1d(edges);
const small = () => tf.tensor1d([-0.9, -0.5, -1e-4, 0, 1e-4, 0.3, 0.99]);

const unary: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  Abs: tf.abs,
  Acos: tf.acos,
  Acosh: tf.acosh,
  Asin: tf.asin,
  Asinh: tf.asinh,
  Atan: tf.atan,
  Atanh: tf.atanh,
  Ceil: tf.ceil,
  Cos: tf.cos,
  Cosh: tf.cosh,
  Elu: tf.elu,
  Erf: tf.erf,
  Exp: tf.exp,
  Expm1: tf.expm1,
  Floor: tf.floor,
  IsFinite: tf.isFinite,
  IsInf: tf.isInf,
  IsNan: tf.isNaN,
  LeakyRelu: (x) => tf.leakyRelu(x, 0.3),
  Log: tf.log,
  Log1p: tf.log1p,
  Neg: tf.neg,
  Reciprocal: tf.reciprocal,
  Relu: tf.relu,
  Relu6: tf.relu6,
  Round: tf.round,
  Rsqrt: tf.rsqrt,
  Selu: tf.selu,
  Sigmoid: tf.sigmoid,
  Sign: tf.sign,
  Sin: tf.sin,
  Sinh: tf.sinh,
  Softplus: tf.softplus,
  Sqrt: tf.sqrt,
  Square: tf.square,
  Step: (x) => tf.step(x, 0.25),
  Tan: tf.tan,
  Tanh: tf.tanh,
  ClipByValue: (x) => tf.clipByValue(x, -0.7, 1.25),
  ZerosLike: tf.zerosLike,
  OnesLike: tf.onesLike,
};
// Rounded, or of an infinite slope, at the edges of the table: the gradient is compared on plain numbers only.
const differentiable = Object.keys(unary).filter(
  (name) => !["IsFinite", "IsInf", "IsNan", "ZerosLike", "OnesLike", "Acosh"].includes(name),
);

const binary: Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor> = {
  Add: tf.add,
  Sub: tf.sub,
  Multiply: tf.mul,
  RealDiv: tf.div,
  Maximum: tf.maximum,
  Minimum: tf.minimum,
  Pow: tf.pow,
  SquaredDifference: tf.squaredDifference,
  Mod: tf.mod,
  FloorDiv: tf.floorDiv,
  Equal: tf.equal,
  NotEqual: tf.notEqual,
  Greater: tf.greater,
  GreaterEqual: tf.greaterEqual,
  Less: tf.less,
  LessEqual: tf.lessEqual,
  Prelu: tf.prelu,
  Atan2: tf.atan2,
};

const others: Case[] = [
  ["AddN", () => tf.addN([matrix(), matrix(), tf.neg(matrix())])],
  ["AddN", () => tf.addN([integers(), integers()])],
  ["Select", () => tf.where(tf.greater(matrix(), 0), f(1, 2, 3) as tf.Tensor, tf.scalar(-1) as tf.Tensor)],
  ["Select", () => tf.where(tf.greater(f(1, -1, 0), 0), f(1, 2, 3) as tf.Tensor, tf.fill([2, 3], 7) as tf.Tensor)],
  ["Select", () => tf.where(tf.tensor2d([1, 1, 1, 1, 1, 1], [2, 3], "bool"), tf.fill([2, 3], 5), tf.fill([2, 3], 7))],
  ["GatherNd", () => tf.gatherND(cube(), tf.cast(tf.add(tf.tensor2d([1, 2, 0, 0], [2, 2]), 0), "int32"))],
  ["ScatterNd", () => tf.scatterND(tf.cast(tf.add(tf.tensor2d([1, 3, 1], [3, 1]), 0), "int32"), f(1, 2, 3), [5])],
  ["LogicalNot", () => tf.logicalNot(truths())],
  ["LogicalAnd", () => tf.logicalAnd(truths(), tf.tensor1d([1, 1, 0], "bool"))],
  ["LogicalOr", () => tf.logicalOr(truths(), tf.tensor1d([1, 0, 0], "bool"))],
  ["Equal", () => tf.equal(truths(), tf.tensor1d([1, 0, 0], "bool"))],
  ["NotEqual", () => tf.notEqual(truths(), tf.tensor1d([1, 0, 0], "bool"))],
  ["Select", () => tf.where(truths(), matrix(), tf.zeros([2, 3]))],
  ["Select", () => tf.where(truths(), integers(), tf.zeros([2, 3], "int32"))],
  ["Select", () => tf.where(truths(), truths(), tf.logicalNot(truths()))],
  ...(["float32", "int32", "bool"] as const).flatMap((from) =>
    (["float32", "int32", "bool"] as const).map(
      (to): Case => ["Cast", () => tf.cast(tf.cast(tf.tensor1d([-2.7, -1, 0, 0.4, 1, 3.9]), from), to)],
    ),
  ),
  ["Cast", () => tf.cast(wide(), "bool")],
  ["Cast", () => tf.cast(tf.mul(f(Number.NaN, Number.POSITIVE_INFINITY, -7.9, 7.9), 1), "int32")],
  ...[undefined, 0, 1, [0, 2], [-1], []].flatMap((axis) =>
    [false, true].flatMap((keep): Case[] => [
      ["Sum", () => tf.sum(cube(), axis, keep)],
      ["Mean", () => tf.mean(cube(), axis, keep)],
      ["Max", () => tf.max(cube(), axis, keep)],
      ["Min", () => tf.min(cube(), axis, keep)],
      ["Prod", () => tf.prod(cube(), axis, keep)],
    ]),
  ),
  ["Sum", () => [tf.sum(integers(), 1), tf.sum(truths(), 0), tf.sum(tf.scalar(3))]],
  [
    "Sum",
    () => [
      tf.sum(tf.fill([2, 3], 0.5), 1),
      tf.sum(tf.fill([2, 3], -2), 0, true),
      tf.sum(tf.fill([4, 5], Number.NaN)),
      tf.sum(tf.fill([4, 5], 3), []),
      tf.sum(tf.ones([3, 2], "int32")),
      tf.minimum(tf.maximum(tf.sum(tf.ones([3, 2])), 1), 4),
    ],
  ],
  ["Mean", () => [tf.mean(integers(), 1), tf.mean(truths(), 0)]],
  ["Prod", () => [tf.prod(integers(), 1), tf.prod(truths(), 0)]],
  [
    "Max",
    () => [
      tf.max(integers(), 1),
      tf.max(tf.reshape(wide(), [4, 4]), 1),
      tf.max(f(1, Number.NaN, 3)),
      tf.max(f(1, Number.POSITIVE_INFINITY)),
    ],
  ],
  [
    "Min",
    () => [
      tf.min(integers(), 1),
      tf.min(tf.reshape(wide(), [4, 4]), 1),
      tf.min(f(1, Number.NaN, 3)),
      tf.min(f(1, Number.NEGATIVE_INFINITY)),
    ],
  ],
  ["All", () => [tf.all(truths(), 1), tf.all(truths()), tf.all(truths(), 0, true)]],
  ["Any", () => [tf.any(truths(), 1), tf.any(truths()), tf.any(truths(), 0, true)]],
  [
    "ArgMax",
    () => [
      tf.argMax(cube(), 1),
      tf.argMax(integers(), -1),
      tf.argMax(f(1, Number.NaN, 3)),
      tf.argMax(f(Number.NaN, 1, 3)),
      tf.argMax(f(2, 3, 3)),
    ],
  ],
  [
    "ArgMin",
    () => [
      tf.argMin(cube(), 1),
      tf.argMin(integers(), -1),
      tf.argMin(f(3, Number.NaN, 1)),
      tf.argMin(f(Number.NaN, 3, 1)),
      tf.argMin(f(3, 2, 2)),
    ],
  ],
  [
    "Cumsum",
    () => [tf.cumsum(cube(), 1), tf.cumsum(cube(), 2, true), tf.cumsum(cube(), 0, false, true), tf.cumsum(integers(), 1, true, true)],
  ],
  ["Cumprod", () => tf.cumprod(cube(), 1)],
  ["Softmax", () => [tf.softmax(cube()), tf.softmax(matrix())]],
  ["LogSoftmax", () => tf.logSoftmax(cube())],
  [
    "BatchMatMul",
    () =>
      [false, true].flatMap((ta) =>
        [false, true].map((tb) =>
          tf.matMul(
            ta ? tf.transpose(matrix()) : matrix(),
            tb ? tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]) : tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]),
            ta,
            tb,
          ),
        ),
      ),
  ],
  [
    "BatchMatMul",
    () =>
      [false, true].flatMap((ta) =>
        [false, true].map((tb) =>
          tf.matMul(ta ? tf.transpose(cube(), [0, 2, 1]) : cube(), tb ? cube() : tf.transpose(cube(), [0, 2, 1]), ta, tb),
        ),
      ),
  ],
  [
    "BatchMatMul",
    () => [
      tf.matMul(cube(), tf.ones([4, 2])),
      tf.matMul(cube(), tf.ones([1, 2, 4]), false, true),
      tf.matMul(tf.ones([1, 3, 3]), cube()),
      tf.matMul(tf.reshape(cube(), [2, 1, 3, 4]), tf.ones([2, 1, 4, 2])),
    ],
  ],
  [
    "_FusedMatMul",
    () =>
      (["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu", "prelu"] as const).map((activation) =>
        tf.fused.matMul({
          a: matrix(),
          b: tf.tensor2d([1, 2, -3, 4, 5, -6], [3, 2]),
          bias: f(0.5, -1),
          activation,
          preluActivationWeights: f(0.1, 0.2),
          leakyreluAlpha: 0.3,
        }),
      ),
  ],
  [
    "Transpose",
    () => [
      tf.transpose(cube()),
      tf.transpose(cube(), [1, 0, 2]),
      tf.transpose(tf.reshape(cube(), [6, 1, 4]), [1, 0, 2]),
      tf.transpose(truths()),
      tf.transpose(integers()),
    ],
  ],
  [
    "Concat",
    () => [
      tf.concat([cube(), cube()], 1),
      tf.concat([truths(), truths()], 0),
      tf.concat([integers(), integers()], -1),
      tf.concat([matrix(), tf.zeros([0, 3])], 0),
    ],
  ],
  [
    "Slice",
    () => [
      tf.slice(cube(), [0, 1, 1], [2, 2, -1]),
      tf.slice(truths(), 1, 1),
      tf.slice(integers(), [0, 1]),
      tf.slice(cube(), [0, 1, 1], [2, 0, 2]),
    ],
  ],
  [
    "StridedSlice",
    () => [
      tf.stridedSlice(cube(), [0, 2, 3], [2, 0, 0], [1, -1, -2]),
      tf.stridedSlice(cube(), [1, 0, 0], [2, 3, 4], [1, 1, 1], 0, 0, 0, 0, 1),
      tf.stridedSlice(matrix(), [0, -1], [2, -4], [1, -1]),
      tf.stridedSlice(integers(), [0, 0], [2, 3], [1, 2]),
    ],
  ],
  [
    "PadV2",
    () => [
      tf.pad(
        matrix(),
        [
          [1, 0],
          [2, 1],
        ],
        7,
      ),
      tf.pad(
        integers(),
        [
          [1, 0],
          [0, 1],
        ],
        -1,
      ),
      tf.pad(truths(), [
        [0, 1],
        [1, 0],
      ]),
    ],
  ],
  [
    "MirrorPad",
    () => [
      tf.mirrorPad(
        cube(),
        [
          [1, 0],
          [2, 1],
          [0, 3],
        ],
        "reflect",
      ),
      tf.mirrorPad(
        cube(),
        [
          [1, 0],
          [2, 1],
          [0, 3],
        ],
        "symmetric",
      ),
    ],
  ],
  [
    "Tile",
    () => [
      tf.tile(matrix(), [2, 3]),
      tf.tile(f(5), [4]),
      tf.tile(truths(), [1, 2]),
      tf.tile(integers(), [2, 1]),
      tf.broadcastTo(f(1, 2, 3), [2, 3]),
    ],
  ],
  ["Pack", () => [tf.stack([matrix(), matrix()], 1), tf.stack([integers()], 2), tf.stack([truths(), truths()])]],
  ["Unpack", () => [...tf.unstack(cube(), 1), ...tf.unstack(truths()), ...tf.unstack(f(7))]],
  ["SplitV", () => [...tf.split(cube(), [1, 3], 2), ...tf.split(integers(), 3, 1), ...tf.split(truths(), 2)]],
  ["Reverse", () => [tf.reverse(cube(), [0, 2]), tf.reverse(integers()), tf.reverse(truths(), 1), tf.reverse(tf.scalar(2))]],
  ["Fill", () => [tf.fill([2, 2], 0.1), tf.fill([3], 2, "int32"), tf.mul(tf.fill([2, 3], 0.1), matrix()), tf.fill([0], 1)]],
  ["OnesLike", () => [tf.onesLike(integers()), tf.onesLike(truths()), tf.concat([tf.onesLike(matrix()), matrix()])]],
  ["Range", () => [tf.range(0, 5), tf.range(5, 0, -2, "int32"), tf.linspace(0, 1, 5)]],
  [
    "GatherV2",
    () => [
      tf.gather(cube(), tf.tensor2d([1, 0, 1, 1], [2, 2], "int32")),
      tf.gather(cube(), tf.tensor1d([2, 0], "int32"), 1),
      tf.gather(truths(), tf.tensor1d([1], "int32")),
      tf.gather(cube(), tf.tensor2d([1, 0, 2, 1], [2, 2], "int32"), 1, 1),
      tf.gather(matrix(), tf.cast(tf.add(f(0, 1), 0), "int32")),
    ],
  ],
  [
    "GatherNd",
    () => [tf.gatherND(cube(), tf.tensor2d([1, 2, 0, 0], [2, 2], "int32")), tf.gatherND(matrix(), tf.tensor2d([1, 2], [1, 2], "int32"))],
  ],
  [
    "ScatterNd",
    () => [
      tf.scatterND(tf.tensor2d([1, 3, 1], [3, 1], "int32"), f(1, 2, 3), [5]),
      tf.scatterND(tf.tensor2d([0, 1], [2, 1], "int32"), matrix(), [4, 3]),
      tf.scatterND(tf.tensor2d([1, 2, 0, 1, 1, 2], [3, 2], "int32"), f(1, 2, 3), [2, 3]),
      tf.scatterND(tf.tensor2d([1, 0, 1, 0], [2, 2], "int32"), matrix(), [2, 2, 3]),
    ],
  ],
  ["TensorScatterUpdate", () => tf.tensorScatterUpdate(f(1, 2, 3, 4), tf.tensor2d([1, 3], [2, 1], "int32"), f(9, 8))],
  [
    "UnsortedSegmentSum",
    () => [
      tf.unsortedSegmentSum(matrix(), tf.tensor1d([2, 2], "int32"), 4),
      tf.unsortedSegmentSum(matrix(), tf.tensor1d([-1, 1], "int32"), 2),
      tf.unsortedSegmentSum(matrix(), tf.cast(tf.add(f(5, 0), 0), "int32"), 2),
      tf.unsortedSegmentSum(f(1, 2, 3), tf.tensor1d([0, 1, 0], "int32"), 2),
    ],
  ],
  [
    "OneHot",
    () => [
      tf.oneHot(tf.tensor1d([0, 3, -1, 7], "int32"), 4),
      tf.oneHot(tf.tensor2d([0, 1, 2, 1], [2, 2], "int32"), 3, 0.9, 0.1),
      tf.oneHot(tf.tensor1d([1, 0], "int32"), 2, 1, 0, "int32"),
    ],
  ],
  [
    "TopK",
    () => {
      const { values, indices } = tf.topk(tf.tensor2d([3, 1, 3, 2, 5, 4, 9, 0], [2, 4]), 3);
      return [values, indices];
    },
  ],
  ["Einsum", () => [tf.einsum("bij,bkj->bik", cube(), cube()), tf.einsum("ij->ji", matrix()), tf.einsum("i,j->ij", f(1, 2), f(3, 4, 5))]],
  [
    "Reshape",
    () => {
      const x = tf.add(cube(), 1);
      return [tf.reshape(x, [-1, 2]), tf.add(tf.reshape(x, [24]), 1), tf.matMul(tf.reshape(x, [6, 4]) as tf.Tensor2D, tf.ones([4, 1]))];
    },
  ],
  ["ExpandDims", () => [tf.expandDims(matrix(), -1), tf.expandDims(tf.add(matrix(), 1), 0)]],
  [
    "Complex",
    () => {
      const z = tf.complex(f(1, 2), f(3, -4));
      return [tf.real(z), tf.imag(z), tf.abs(z), tf.real(tf.mul(z, z)), tf.real(tf.reshape(z, [2, 1]))];
    },
  ],
  [
    "Unique",
    () => {
      const { values, indices } = tf.unique(f(3, 1, 3, 2));
      return [values, indices];
    },
  ],
  ["Conv2D", () => tf.conv2d(tf.reshape(cube(), [1, 4, 6, 1]) as tf.Tensor4D, tf.ones([2, 2, 1, 3]) as tf.Tensor4D, 1, "same")],
  ["MaxPool", () => tf.maxPool(tf.reshape(cube(), [1, 4, 6, 1]) as tf.Tensor4D, 2, 2, "valid")],
  ["Multinomial", () => tf.multinomial(tf.tensor2d([0, -1e9, -1e9, 0], [2, 2]), 5, 1)],
  ["FFT", () => tf.real(tf.spectral.fft(tf.complex(f(1, 2, 3, 4), f(0, 0, 0, 0))))],
];

/** Some operations refuse integers before they reach a kernel. */
function takesIntegers(fn: (x: tf.Tensor) => tf.Tensor): boolean {
  try {
    tf.tidy(() => void fn(integers()));
    return true;
  } catch (error) {
    expect((error as Error).message).toMatch(/must be float32|got int32/);
    return false;
  }
}

// The exceptions: C's 1^NaN and 1^±Infinity are 1, and quotients beyond int32 become 0 where the CPU backend keeps their lowest bits.
const moderate: Record<string, (a: number, b: number) => boolean> = {
  Pow: (a, b) => Math.abs(a) !== 1 || Number.isFinite(b),
  FloorDiv: (a, b) => !(Math.abs(a / b) > 2 ** 31),
};

describe("kernels", () => {
  beforeAll(quietCpu);

  it("the number of what counts, where all counts, takes no node", async () => {
    await tf.setBackend("onnxruntime");
    const before = backendInfo().nodes;
    expect(tf.tidy(() => tf.maximum(tf.sum(tf.ones([30, 20])), 1e-12).dataSync())[0]).toBe(600);
    expect(backendInfo().nodes - before).toBe(0);
  });

  it("half of one more than an error function or hyperbolic tangent takes one node, NaN and broadcasts included; of anything else two", async () => {
    const nodesOf = async (program: () => tf.Tensor) => {
      await expectAgreement(program, 1e-6);
      const { nodes } = backendInfo();
      tf.tidy(() => program().dataSync());
      return backendInfo().nodes - nodes;
    };
    const half = (e: tf.Tensor, shape: number[] = []) => tf.mul(tf.add(e, tf.ones(shape)), tf.fill(shape, 0.5));
    // The function, the sum that nobody reads, and the node.
    expect(await nodesOf(() => half(tf.erf(wide())))).toBe(3);
    expect(await nodesOf(() => half(tf.tanh(wide())))).toBe(3);
    // Sums that are not that, or of another shape.
    await expectAgreement(() => [half(tf.exp(wide())), half(wide()), half(tf.erf(small()), [2, 7]), half(tf.erf(small()), [1, 1])], 1e-6);
    await expectAgreement(() => [tf.mul(tf.add(tf.erf(small()), 2), 0.5), tf.mul(tf.add(tf.erf(small()), 1), 0.25)], 1e-6);
  });

  it("the rows of a large matrix are summed as by the CPU backend, infinite and NaN ones too", async () => {
    const x = Float32Array.from({ length: 300 * 40 }, (_, i) => (i % 17) / 8 - 1);
    x.set([Number.POSITIVE_INFINITY, Number.NaN, Number.NEGATIVE_INFINITY], 40);
    x[81] = 1;
    const sums = (axes: number[], shape: number[]) => tf.tidy(() => tf.sum(tf.tensor(x, shape), axes, axes.length === 2).dataSync());
    await tf.setBackend("onnxruntime");
    const before = backendInfo().nodes;
    const made = [sums([0], [300, 40]), sums([0, 1], [30, 10, 40]), sums([1], [300, 40])];
    // One product for the first, between two changes of shape for the second; a sum.
    expect(backendInfo().nodes - before).toBeLessThanOrEqual(7);
    await tf.setBackend("cpu");
    const wanted = [sums([0], [300, 40]), sums([0, 1], [30, 10, 40]), sums([1], [300, 40])];
    const rounded = (list: typeof made) => list.map((sum) => Array.from(sum, (value) => Number(value.toFixed(3))));
    expect(rounded(made)).toEqual(rounded(wanted));
  });

  it("a masked sum of exponentials has its gradient, through the product that is known", async () => {
    await tf.setBackend("onnxruntime");
    const [rows, columns] = [5, 6];
    const x = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i));
    const m = Float32Array.from({ length: rows * columns }, (_, i) => ((i * 7) % 5) / 2);
    const mask = tf.tensor2d(m, [rows, columns]);
    const loss = (logits: tf.Tensor) => tf.sum(tf.log(tf.sum(tf.mul(tf.exp(logits), mask), 1)));
    const gradient = tf.tidy(() =>
      tf
        .grad(loss)(tf.tensor2d(x, [rows, columns]))
        .dataSync(),
    );
    for (let i = 0; i < rows; i++) {
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += Math.exp(x[i * columns + j]!) * m[i * columns + j]!;
      for (let j = 0; j < columns; j++) {
        const at = i * columns + j;
        expect(gradient[at]).toBeCloseTo((m[at]! * Math.exp(x[at]!)) / sum, 6);
      }
    }
    mask.dispose();
  });

  it("softplus keeps its digits where it is small, and is exact where it is large", async () => {
    const inputs = [-100, -60, -20, -17, -5, -0.1, 0, 0.1, 5, 20, 100, 3e38];
    await tf.setBackend("onnxruntime");
    const values = tf.tidy(() => [...tf.softplus(tf.add(f(...inputs), 0)).dataSync()]);
    for (const [i, x] of inputs.entries()) {
      const expected = Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
      expect(Math.abs(values[i]! - expected) / expected, `softplus(${x}) = ${values[i]}`).toBeLessThan(x < -87 ? 1 : 1e-6);
    }
  });

  it.each(Object.entries(unary))("%s agrees with the CPU backend, at the edges too, and on integers", async (_, fn) => {
    await expectAgreement(() => fn(wide()));
    await expectAgreement(() => fn(small()));
    if (takesIntegers(fn)) await expectAgreement(() => fn(integers()));
    await expectAgreement(() => fn(tf.zeros([0, 3])));
    await expectAgreement(() => fn(tf.scalar(0.3)));
  });

  it.each(differentiable)("%s has the CPU backend's gradient", async (name) => {
    const fn = unary[name]!;
    await expectAgreement(() => tf.grad((x) => tf.mul(fn(x), fn(x)))(tf.tensor1d([-0.9, -0.5, 0.1, 0.3, 0.95])), 1e-4);
  });

  it.each(Object.entries(binary))("%s agrees with the CPU backend on every pair of edges, and on integers", async (name, fn) => {
    const pairs = edges.flatMap((a) => edges.filter((b) => moderate[name]?.(a, b) ?? true).map((b) => [a, b] as const));
    await expectAgreement(() => fn(tf.tensor1d(pairs.map(([a]) => a)), tf.tensor1d(pairs.map(([, b]) => b))));
    await expectAgreement(() => fn(matrix(), f(2, -3, 0.5)));
    await expectAgreement(() => fn(matrix(), tf.fill([2, 3], 1)));
    await expectAgreement(() => fn(tf.fill([3], 1), matrix()));
    if (name !== "Prelu") await expectAgreement(() => fn(tf.reshape(integers(), [6, 1]), tf.reshape(integers(), [1, 6])));
    await expectAgreement(() => fn(tf.zeros([0, 3]), f(1, 2, 3)));
    await expectAgreement(() => fn(tf.scalar(2), tf.scalar(3)));
  });

  it.each(["Add", "Sub", "Multiply", "RealDiv", "Maximum", "Minimum", "Pow", "SquaredDifference", "Mod", "Prelu"])(
    "%s has the CPU backend's gradients",
    async (name) => {
      await expectAgreement(() => {
        const weighted = (a: tf.Tensor, b: tf.Tensor) => tf.mul(binary[name]!(a, b), tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]));
        const b = f(2, 3, 0.7);
        // TensorFlow.js has no gradient for a broadcast operand of these.
        const isWhole = ["Maximum", "Minimum", "SquaredDifference"].includes(name);
        return tf.grads(weighted)([tf.tensor2d([1, 2, 3, 0.5, 5, 0.25], [2, 3]), isWhole ? tf.tile(tf.reshape(b, [1, 3]), [2, 1]) : b]);
      }, 1e-4);
    },
  );

  it.each(others)("%s agrees with the CPU backend", async (_, fn) => {
    await expectAgreement(fn);
  });

  it.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    ["Sum", (x) => tf.sum(x, 1)],
    ["Mean", (x) => tf.mean(x, [0, 2])],
    ["Max", (x) => tf.max(x, 2)],
    ["Min", (x) => tf.min(x, 0)],
    ["Cumsum", (x) => tf.cumsum(x, 2, true)],
    ["Softmax", (x) => tf.softmax(x)],
    ["LogSoftmax", (x) => tf.logSoftmax(x)],
    ["Transpose", (x) => tf.transpose(x, [2, 0, 1])],
    ["Concat", (x) => tf.concat([x, tf.square(x)], 1)],
    ["Slice", (x) => tf.slice(x, [0, 1, 0], [2, 2, 3])],
    [
      "PadV2",
      (x) =>
        tf.pad(x, [
          [0, 1],
          [2, 0],
          [0, 0],
        ]),
    ],
    ["Tile", (x) => tf.tile(x, [1, 2, 1])],
    ["Pack", (x) => tf.stack([x, x], 1)],
    ["Unpack", (x) => tf.add(...(tf.unstack(x) as [tf.Tensor, tf.Tensor]))],
    ["SplitV", (x) => tf.split(x, 2, 2)[1]!],
    ["Reverse", (x) => tf.reverse(x, 1)],
    ["GatherV2", (x) => tf.gather(x, tf.tensor1d([1, 1, 0], "int32"))],
    ["Select", (x) => tf.where(tf.greater(cube(), 0), x, tf.square(x))],
    ["BatchMatMul", (x) => tf.matMul(x, x, false, true)],
    ["Reshape", (x) => tf.reshape(x, [6, 4])],
    ["ClipByValue", (x) => tf.clipByValue(x, -0.5, 0.5)],
    ["norm", (x) => tf.norm(x, 2, -1)],
    ["logSumExp", (x) => tf.logSumExp(x, 1)],
  ])("the gradient through %s is the CPU backend's", async (_, fn) => {
    await expectAgreement(() => tf.grad((x) => tf.sum(tf.mul(fn(x), tf.sin(fn(x)))))(cube()), 1e-4);
  });

  it("multiply stacks of matrices whose leading axes broadcast both ways, where the CPU backend leaves zeros", async () => {
    await tf.setBackend("onnxruntime");
    const a = tf.tensor([1, 2], [2, 1, 1, 1]);
    const b = tf.tensor([3, 5, 7], [1, 3, 1, 1]);
    const product = tf.matMul(a, b);
    expect(product.shape).toEqual([2, 3, 1, 1]);
    expect([...product.dataSync()]).toEqual([3, 5, 7, 6, 10, 14]);
  });

  it("are all the CPU backend's kernels", () => {
    const names = (backend: string) =>
      tf
        .getKernelsForBackend(backend)
        .map(({ kernelName }) => kernelName)
        .sort();
    expect(names("onnxruntime")).toEqual(names("cpu"));
    expect([...kernelTable().keys()].sort()).toEqual(names("cpu"));
  });
});
