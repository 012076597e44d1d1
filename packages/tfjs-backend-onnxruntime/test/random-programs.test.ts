import "../src/index.js";
import "../src/gradients.js";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, it } from "vitest";
import { configure } from "../src/index.js";
import { expectAgreement, quietCpu } from "./agreement.js";
import { webgpuMissing } from "./webgpu-missing.js";

type Operation = { name: string; apply(x: tf.Tensor, y: tf.Tensor): tf.Tensor };

const operations: readonly Operation[] = [
  { name: "add", apply: tf.add },
  { name: "sub", apply: tf.sub },
  { name: "mul", apply: tf.mul },
  { name: "div by 1 + y²", apply: (x, y) => tf.div(x, tf.add(1, tf.square(y))) },
  { name: "maximum", apply: (x, y) => tf.maximum(x, tf.add(y, tf.zerosLike(x))) },
  { name: "relu", apply: (x) => tf.relu(x) },
  { name: "tanh", apply: (x) => tf.tanh(x) },
  { name: "sigmoid", apply: (x) => tf.sigmoid(x) },
  { name: "square", apply: (x) => tf.square(tf.tanh(x)) },
  { name: "clip", apply: (x) => tf.clipByValue(x, -0.55, 0.85) },
  { name: "softmax", apply: (x) => tf.softmax(x) },
  { name: "normalise", apply: (x) => tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), -1, true), 0.1))) },
  { name: "centre", apply: (x) => tf.sub(x, tf.mean(x, 0, true)) },
  { name: "sum and repeat", apply: (x) => tf.add(tf.zerosLike(x), tf.sum(x, -1, true)) },
  { name: "log-sum-exp", apply: (x) => tf.sub(x, tf.logSumExp(x, 0, true)) },
  { name: "gram", apply: (x) => tf.matMul(tf.softmax(tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, false, true)), x as tf.Tensor2D) },
  { name: "reshape there and back", apply: (x) => tf.reshape(tf.reverse(tf.reshape(x, [-1]), 0), x.shape) },
  { name: "transpose twice", apply: (x) => tf.transpose(tf.sin(tf.transpose(x))) },
  { name: "concat and slice", apply: (x) => tf.slice(tf.concat([x, tf.neg(x)], 0), [1, 0], x.shape as [number, number]) },
  {
    name: "gather",
    apply: (x) =>
      tf.gather(
        x,
        tf.tensor1d(
          Array.from({ length: x.shape[0]! }, (_, at) => (at * at) % x.shape[0]!),
          "int32",
        ),
      ),
  },
  // TensorFlow.js cannot differentiate the unstacking of a single row.
  { name: "split and stack", apply: (x) => (x.shape[0] === 1 ? tf.neg(x) : tf.reshape(tf.stack(tf.unstack(x).toReversed()), x.shape)) },
];

const tenths = fc.integer({ min: -20, max: 20 }).map((number) => number / 10);

/** A small matrix, a row to broadcast, and up to 12 operations; each takes the last result, and now and then an earlier one. */
const program = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })).chain(([rows, columns]) =>
  fc.record({
    shape: fc.constant([rows, columns] as [number, number]),
    matrix: fc.array(tenths, { minLength: rows * columns, maxLength: rows * columns }),
    row: fc.array(tenths, { minLength: columns, maxLength: columns }),
    steps: fc.array(fc.record({ operation: fc.constantFrom(...operations), back: fc.integer({ min: 0, max: 3 }) }), {
      minLength: 1,
      maxLength: 12,
    }),
  }),
);

type Program = typeof program extends fc.Arbitrary<infer T> ? T : never;

function run({ steps }: Program, x: tf.Tensor, row: tf.Tensor): tf.Tensor {
  const results = [row, x];
  for (const { operation, back } of steps)
    results.push(operation.apply(results.at(-1)!, results.at(-1 - Math.min(back, results.length - 1))!));
  return results.at(-1)!;
}

describe("random programs", () => {
  beforeAll(quietCpu);

  it("give the CPU backend's values", async () => {
    await fc.assert(
      fc.asyncProperty(program, async (drawn) => {
        await expectAgreement(() => run(drawn, tf.tensor2d(drawn.matrix, drawn.shape), tf.tensor1d(drawn.row)), 1e-4);
      }),
      { numRuns: 100 },
    );
  });

  it("give the CPU backend's gradients", async () => {
    // The kinks of maximum and clip fall on tenths, where rounding may choose either side.
    const isSmooth = ({ steps }: Program) => steps.every(({ operation }) => !["maximum", "clip", "relu"].includes(operation.name));
    await fc.assert(
      fc.asyncProperty(program.filter(isSmooth), async (drawn) => {
        // A program may not use both operands; the last term does.
        const loss = (x: tf.Tensor, row: tf.Tensor) => tf.add(tf.sum(tf.tanh(run(drawn, x, row))), tf.sum(tf.mul(x, row)));
        await expectAgreement(() => tf.grads(loss)([tf.tensor2d(drawn.matrix, drawn.shape), tf.tensor1d(drawn.row)]), 1e-3);
      }),
      { numRuns: 60 },
    );
  });
});

describe.skipIf(webgpuMissing !== undefined)("random programs on WebGPU", { timeout: 300_000 }, () => {
  beforeAll(async () => {
    await quietCpu();
    configure({ device: "webgpu" });
  });
  afterAll(() => configure({ device: "cpu" }));

  it("give the CPU backend's values", async () => {
    // WebGPU's sin may be off by 2^-11.
    const isExact = ({ steps }: Program) => steps.every(({ operation }) => operation.name !== "transpose twice");
    await fc.assert(
      fc.asyncProperty(program.filter(isExact), async (drawn) => {
        await expectAgreement(() => run(drawn, tf.tensor2d(drawn.matrix, drawn.shape), tf.tensor1d(drawn.row)), 1e-4);
      }),
      { numRuns: 25 },
    );
  });
});
