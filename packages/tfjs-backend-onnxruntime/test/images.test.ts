import "../src/index.js";
import "../src/gradients.js";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { backendInfo } from "../src/index.js";
import { edges, expectAgreement, expectNativeAgreement, lawSettings, quietCpu } from "./agreement.js";

const small = (max: number, min = 1) => fc.integer({ min, max });
const ramp = (shape: number[], step = 7) =>
  tf.tensor(
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => ((at * step) % 23) / 10 - 1),
    shape,
  );
const resizing = fc.record({
  from: fc.tuple(small(6), small(6)),
  to: fc.tuple(small(9), small(9)),
  rule: fc.constantFrom<[boolean, boolean]>([false, false], [true, false], [false, true]),
});

describe("resampling", () => {
  beforeAll(quietCpu);

  it("is the CPU backend's for every rule and pair of sizes", async () => {
    await fc.assert(
      fc.asyncProperty(resizing, async ({ from, to, rule }) => {
        const image = () => ramp([2, ...from, 2]) as tf.Tensor4D;
        await expectNativeAgreement(() => [
          tf.image.resizeBilinear(image(), to, ...rule),
          tf.image.resizeNearestNeighbor(image(), to, ...rule),
          tf.image.resizeNearestNeighbor(tf.cast(tf.mul(image(), 10), "int32") as tf.Tensor4D, to, ...rule),
        ]);
      }),
      { ...lawSettings, numRuns: 100 },
    );
  });

  it("has the gradient that finite differences find: half-pixel centers count in it, other than on the CPU backend", async () => {
    await tf.setBackend("onnxruntime");
    fc.assert(
      fc.property(resizing, ({ from, to, rule }) => {
        tf.tidy(() => {
          for (const resize of [tf.image.resizeBilinear, tf.image.resizeNearestNeighbor]) {
            // The resampling is linear, so ⟨resize(v), w⟩ = ⟨v, gradient(w)⟩ for every v and w.
            const [v, w] = [ramp([1, ...from, 2]) as tf.Tensor4D, ramp([1, ...to, 2], 5) as tf.Tensor4D];
            const gradient = tf.grad((x) => tf.sum(tf.mul(resize(x as tf.Tensor4D, to, ...rule), w)))(tf.zerosLike(v));
            expect(gradient.shape).toEqual(v.shape);
            const [left, right] = [tf.sum(tf.mul(resize(v, to, ...rule), w)), tf.sum(tf.mul(v, gradient))];
            expect(Math.abs(left.dataSync()[0]! - right.dataSync()[0]!)).toBeLessThan(1e-3);
          }
        });
      }),
      { ...lawSettings, numRuns: 60 },
    );
  });

  it("has the CPU backend's gradient where that is right: square images, no half-pixel centers", async () => {
    await fc.assert(
      // From one pixel with aligned corners, tfjs-backend-cpu never comes to an end.
      fc.asyncProperty(small(5, 2), fc.tuple(small(8), small(8)), fc.boolean(), async (from, to, align) => {
        const loss = (x: tf.Tensor) => {
          const y = tf.image.resizeBilinear(x as tf.Tensor4D, to, align);
          const z = tf.image.resizeNearestNeighbor(x as tf.Tensor4D, to, align);
          return tf.sum(tf.mul(tf.add(y, z), ramp(y.shape)));
        };
        await expectNativeAgreement(() => tf.grad(loss)(ramp([1, from, from, 2])), 1e-4);
      }),
      { ...lawSettings, numRuns: 40 },
    );
  });

  it("turns pictures around", async () => {
    await expectNativeAgreement(() => tf.image.flipLeftRight(ramp([2, 3, 4, 2]) as tf.Tensor4D));
  });
});

describe("normalisation", () => {
  beforeAll(quietCpu);

  it("over neighbouring channels is the CPU backend's, with its gradient", async () => {
    await fc.assert(
      fc.asyncProperty(small(9), small(4, 0), async (channels, radius) => {
        const respond = (x: tf.Tensor) => tf.localResponseNormalization(x as tf.Tensor4D, radius, 1.5, 0.3, 0.6);
        await expectNativeAgreement(() => {
          const x = ramp([2, 2, 3, channels]);
          return [respond(x), tf.grad((input) => tf.sum(tf.mul(respond(input), ramp(x.shape, 5))))(x)];
        }, 1e-4);
      }),
      { ...lawSettings, numRuns: 40 },
    );
  });

  it("by mean and variance is the CPU backend's, whatever is left out, with vectors and whole arrays", async () => {
    for (const shape of [[3], [2, 2, 2, 3]])
      for (const [hasOffset, hasScale] of [
        [true, true],
        [false, true],
        [true, false],
        [false, false],
      ])
        await expectNativeAgreement(() => {
          const operand = (step: number) => ramp(shape, step) as tf.Tensor1D;
          const variance = tf.add(tf.square(operand(3)), 0.1) as tf.Tensor1D;
          return tf.batchNorm(
            ramp([2, 2, 2, 3]),
            operand(5),
            variance,
            hasOffset ? operand(11) : undefined,
            hasScale ? operand(13) : undefined,
            0.01,
          );
        }, 1e-4);
  });
});

describe("blocks, updates and angles", () => {
  beforeAll(quietCpu);

  it("of space and batch are the CPU backend's, with their gradients", async () => {
    await fc.assert(
      fc.asyncProperty(small(3), small(3), small(2, 0), small(2, 0), async (a, b, before, crop) => {
        const width = b * 2;
        const after = (b - ((before + width) % b)) % b;
        const toBatch = (x: tf.Tensor) =>
          tf.spaceToBatchND(
            x,
            [a, b],
            [
              [0, 0],
              [before, after],
            ],
          );
        const toSpace = (x: tf.Tensor) =>
          tf.batchToSpaceND(
            x,
            [a, b],
            [
              [0, Math.min(crop, a)],
              [Math.min(crop, b), 0],
            ],
          );
        await expectNativeAgreement(() => {
          const x = ramp([2, a * 2, width, 2]);
          const y = ramp([2 * a * b, 2, 2, 2]);
          return [
            toBatch(x),
            toSpace(y),
            tf.grad((input) => tf.sum(tf.square(toBatch(input))))(x),
            tf.grad((input) => tf.sum(tf.square(toSpace(input))))(y),
            tf.depthToSpace(ramp([2, 3, 2, (a + 1) ** 2 * 2]) as tf.Tensor4D, a + 1),
          ];
        }, 1e-4);
      }),
      { ...lawSettings, numRuns: 40 },
    );
  });

  it("put updates where they belong; of two for one place, the last", async () => {
    const target = () => ramp([4, 3]);
    const at = (...rows: number[]) => tf.tensor2d(rows, [rows.length, 1], "int32");
    await expectNativeAgreement(() => [
      tf.tensorScatterUpdate(target(), at(2, 0), ramp([2, 3], 5)),
      tf.tensorScatterUpdate(target(), tf.tensor2d([1, 2, 3, 0], [2, 2], "int32"), tf.tensor1d([7, 8])),
    ]);
    await expectAgreement(() => [tf.tensorScatterUpdate(target(), at(2, 0, 2), ramp([3, 3], 5))]);
    // ONNX leaves open which of the two wins.
    expect(backendInfo().fallbacks["TensorScatterUpdate"]).toBe(1);
    await tf.setBackend("onnxruntime");
    expect(() => tf.tensorScatterUpdate(target(), at(4), ramp([1, 3]))).toThrow(/Invalid indices/);
  });

  it("tell the angle of every pair of edges, signs of zero and infinities included", async () => {
    const pairs = [...edges, 1e-38, -1e38].flatMap((a, _, all) => all.map((b) => [a, b] as const));
    await expectNativeAgreement(() => tf.atan2(tf.tensor1d(pairs.map(([y]) => y)), tf.tensor1d(pairs.map(([, x]) => x))));
    await expectNativeAgreement(() => tf.atan2(ramp([3, 1]), ramp([1, 4], 5)));
  });
});
