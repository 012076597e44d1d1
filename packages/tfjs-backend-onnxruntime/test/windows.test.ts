import "../src/index.js";
import "../src/gradients.js";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, it } from "vitest";
import { expectAgreement, expectNativeAgreement, lawSettings, quietCpu } from "./agreement.js";

/** Eighths, whose sums are exact (so that there are no ties by rounding), with a few NaN and infinities where asked. */
function numbers(shape: readonly number[], seed: number, wild = false): tf.Tensor {
  let state = seed * 2654435761 + 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Array.from({ length: size }, () => Math.round(next() * 40 - 20) / 8);
  if (wild)
    for (let at = 0; at < size; at += 7) values[at] = [Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY][(at / 7) % 3]!;
  return tf.tensor(values, [...shape]);
}

const small = (max: number, min = 1) => fc.integer({ min, max });
const kernel = (name: string, inputs: Record<string, tf.Tensor>, attrs: object) =>
  tf.engine().runKernel(name, inputs, attrs as never) as tf.Tensor | tf.Tensor[];
const runs = (numRuns: number) => ({ ...lawSettings, numRuns });

/** A window that fits into its input, whatever the padding. */
const geometry = (axes: number) =>
  fc
    .record({
      batch: small(3),
      channels: small(3),
      outChannels: small(4),
      kernel: fc.array(small(3), { minLength: axes, maxLength: axes }),
      extra: fc.array(small(4, 0), { minLength: axes, maxLength: axes }),
      strides: fc.array(small(3), { minLength: axes, maxLength: axes }),
      dilations: fc.array(small(2), { minLength: axes, maxLength: axes }),
      isDilated: fc.boolean(),
      pad: fc.constantFrom("same" as const, "valid" as const, 1, 2),
      seed: small(1000),
    })
    .map(({ isDilated, strides, dilations, kernel: drawn, extra, ...rest }) => {
      // TensorFlow.js counts other windows than ONNX where padding in numbers meets windows or strides that are not square,
      // and in three dimensions where windows lie apart: those are left to the CPU backend (the last test of these).
      const isNumber = typeof rest.pad === "number";
      const kernel = isNumber ? drawn.map(() => drawn[0]!) : drawn;
      const steps = isNumber ? dilations.map(() => dilations[0]!) : dilations;
      const apart = isNumber ? strides.map(() => strides[0]!) : strides;
      return {
        ...rest,
        kernel,
        strides: isDilated ? apart.map(() => 1) : apart.map((stride, axis) => (axes === 3 ? Math.min(stride, kernel[axis]!) : stride)),
        dilations: isDilated ? steps : steps.map(() => 1),
        space: kernel.map((size, axis) => (size - 1) * (isDilated ? steps[axis]! : 1) + 1 + extra[axis]!),
      };
    });

/** Padding in numbers is for two dimensions and convolutions. */
const poolPad = (pad: "same" | "valid" | number) => (typeof pad === "number" ? "same" : pad);

describe("convolutions", () => {
  beforeAll(quietCpu);

  it("in two dimensions are the CPU backend's, whatever the shapes, strides, dilations and padding", async () => {
    await fc.assert(
      fc.asyncProperty(geometry(2), fc.boolean(), async (g, isFirst) => {
        const shape = isFirst ? [g.batch, g.channels, ...g.space] : [g.batch, ...g.space, g.channels];
        const attrs = { strides: g.strides, dilations: g.dilations, pad: g.pad, dataFormat: isFirst ? "NCHW" : "NHWC" };
        const inputs = () => ({ x: numbers(shape, g.seed), filter: numbers([...g.kernel, g.channels, g.outChannels], g.seed + 1) });
        await expectNativeAgreement(() => kernel("Conv2D", inputs(), attrs), 1e-4);
      }),
      runs(60),
    );
  });

  it("have the CPU backend's gradients", async () => {
    await fc.assert(
      fc.asyncProperty(geometry(2), fc.boolean(), async (g, isDepthwise) => {
        // TensorFlow.js has no gradient of a dilated convolution.
        const strides = g.strides as [number, number];
        const filterShape = [...g.kernel, g.channels, isDepthwise ? 2 : g.outChannels];
        await expectNativeAgreement(() => {
          const convolve = (x: tf.Tensor, filter: tf.Tensor) =>
            isDepthwise
              ? tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, g.pad)
              : tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, g.pad);
          const loss = (x: tf.Tensor, filter: tf.Tensor) => {
            const y = convolve(x, filter);
            return tf.sum(tf.mul(y, tf.sin(y)));
          };
          return tf.grads(loss)([numbers([g.batch, ...g.space, g.channels], g.seed), numbers(filterShape, g.seed + 1)]);
        }, 1e-3);
      }),
      runs(60),
    );
  });

  it("of channels apart are the CPU backend's, dilated too", async () => {
    await fc.assert(
      fc.asyncProperty(geometry(2), small(3), async (g, multiplier) => {
        const attrs = { strides: g.strides, dilations: g.dilations, pad: g.pad };
        await expectNativeAgreement(
          () =>
            kernel(
              "DepthwiseConv2dNative",
              {
                x: numbers([g.batch, ...g.space, g.channels], g.seed),
                filter: numbers([...g.kernel, g.channels, multiplier], g.seed + 1),
              },
              attrs,
            ),
          1e-4,
        );
      }),
      runs(40),
    );
  });

  it("in three dimensions are the CPU backend's, gradients as well", async () => {
    await fc.assert(
      fc.asyncProperty(geometry(3), async (g) => {
        const pad = poolPad(g.pad);
        const strides = g.strides as [number, number, number];
        const x = () => numbers([g.batch, ...g.space, g.channels], g.seed);
        const filter = () => numbers([...g.kernel, g.channels, g.outChannels], g.seed + 1);
        await expectNativeAgreement(() => kernel("Conv3D", { x: x(), filter: filter() }, { strides, pad, dilations: g.dilations }), 1e-4);
        await expectNativeAgreement(() => {
          const loss = (a: tf.Tensor, b: tf.Tensor) => {
            const y = tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, strides, pad);
            return tf.sum(tf.mul(y, tf.sin(y)));
          };
          return tf.grads(loss)([x(), filter()]);
        }, 1e-3);
      }),
      runs(30),
    );
  });

  it("take a bias and every activation, in both layouts", async () => {
    for (const activation of ["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu", "prelu"] as const)
      for (const format of ["NHWC", "NCHW"] as const)
        for (const size of [1, 2])
          for (const biasShape of [[3], [1], []]) {
            const attrs = { strides: [1, 1], pad: "same", dilations: [1, 1], dataFormat: format, activation, leakyreluAlpha: 0.3 };
            const inputs = () => ({
              x: numbers(format === "NHWC" ? [2, 4, 5, 2] : [2, 2, 4, 5], 1),
              filter: numbers([size, size, 2, 3], 2),
              bias: numbers(biasShape, 3),
              ...(activation === "prelu" && { preluActivationWeights: numbers([3], 4) }),
            });
            await expectNativeAgreement(() => kernel("FusedConv2D", inputs(), attrs), 1e-4);
            if (format === "NCHW" || biasShape.length !== 1 || size === 1) continue;
            const channels = biasShape[0] === 1 ? 1 : 3;
            const apart = () => ({ ...inputs(), x: numbers([2, 4, 5, channels], 1), filter: numbers([2, 2, channels, 1], 2) });
            await expectNativeAgreement(() => kernel("FusedDepthwiseConv2D", apart(), attrs), 1e-4);
          }
  }, 60_000);

  it("leave windows that ONNX counts otherwise to the CPU backend", async () => {
    const wide = () => numbers([1, 4, 6, 2], 1) as tf.Tensor4D;
    await expectAgreement(() => [
      tf.conv2d(wide(), numbers([3, 1, 2, 2], 2) as tf.Tensor4D, 1, 1),
      tf.depthwiseConv2d(wide(), numbers([1, 3, 2, 2], 2) as tf.Tensor4D, 1, 2),
      tf.maxPool(wide(), [3, 1], 1, 1),
      tf.avgPool(wide(), [2, 2], 1, 2),
      // Only padding in the first window, none behind the last.
      tf.maxPool(numbers([1, 3, 3, 1], 1) as tf.Tensor4D, 2, 3, 2),
      tf.conv3d(numbers([1, 2, 2, 4, 1], 1) as tf.Tensor5D, numbers([1, 1, 1, 1, 1], 2) as tf.Tensor5D, [1, 1, 3], "same"),
    ]);
  });

  it("leave integers and empty batches to the CPU backend", async () => {
    await expectAgreement(() => tf.conv2d(tf.zeros([0, 4, 4, 2]) as tf.Tensor4D, numbers([2, 2, 2, 3], 1) as tf.Tensor4D, 1, "valid"));
    await expectAgreement(() => tf.maxPool(tf.cast(numbers([1, 4, 4, 2], 3), "int32") as tf.Tensor4D, 2, 2, "valid"));
  });
});

describe("pools", () => {
  beforeAll(quietCpu);

  it.each([2, 3])("in %d dimensions are the CPU backend's, past NaN and infinities", async (axes) => {
    await fc.assert(
      fc.asyncProperty(geometry(axes), fc.boolean(), async (g, isWild) => {
        const pad = poolPad(g.pad);
        const attrs = { filterSize: g.kernel, strides: g.strides, pad, ...(axes === 3 && { dataFormat: "NDHWC" }) };
        const suffix = axes === 3 ? "3D" : "";
        const x = () => numbers([g.batch, ...g.space, g.channels], g.seed, isWild);
        await expectNativeAgreement(() => kernel(`MaxPool${suffix}`, { x: x() }, attrs));
        if (!isWild) await expectNativeAgreement(() => kernel(`AvgPool${suffix}`, { x: x() }, attrs));
        if (axes === 2)
          for (const includeBatchInIndex of [false, true])
            await expectNativeAgreement(() => kernel("MaxPoolWithArgmax", { x: x() }, { ...attrs, includeBatchInIndex }));
      }),
      runs(40),
    );
  });

  it.each([2, 3])("in %d dimensions have the CPU backend's gradients: ties go to the same element", async (axes) => {
    await fc.assert(
      fc.asyncProperty(geometry(axes), async (g) => {
        // tfjs-backend-cpu mistakes the height of a window for its width when it looks for maxima in three dimensions.
        const size = axes === 3 ? g.kernel.map(() => g.kernel[0]!) : g.kernel;
        const space = size.map((length, axis) => Math.max(length, g.space[axis]!));
        const pad = poolPad(g.pad);
        const shape = [g.batch, ...space, g.channels];
        const attrs = { filterSize: size, strides: g.strides, pad, ...(axes === 3 && { dataFormat: "NDHWC" }) };
        for (const pooling of axes === 2 ? ["MaxPool", "AvgPool"] : ["MaxPool3D", "AvgPool3D"])
          await expectAgreement(() => {
            const loss = (x: tf.Tensor) => {
              const y = kernel(pooling, { x }, attrs) as tf.Tensor;
              return tf.sum(tf.mul(y, tf.reshape(tf.range(1, y.size + 1), y.shape)));
            };
            return tf.grad(loss)(tf.round(numbers(shape, g.seed)));
          }, 1e-4);
      }),
      runs(40),
    );
  });
});

describe("morphological dilation", () => {
  beforeAll(quietCpu);

  it("is the CPU backend's, with its gradients", async () => {
    await fc.assert(
      fc.asyncProperty(geometry(2), async (g) => {
        const pad = poolPad(g.pad);
        const attrs = { strides: g.strides, dilations: g.dilations, pad };
        const x = () => numbers([g.batch, ...g.space, g.channels], g.seed);
        const filter = () => numbers([...g.kernel, g.channels], g.seed + 1);
        await expectNativeAgreement(() => kernel("Dilation2D", { x: x(), filter: filter() }, attrs));
        await expectNativeAgreement(() => {
          const y = kernel("Dilation2D", { x: x(), filter: filter() }, attrs) as tf.Tensor;
          const dy = numbers(y.shape, g.seed + 2);
          const inputs = { x: x(), filter: filter(), dy };
          return [
            kernel("Dilation2DBackpropInput", inputs, attrs) as tf.Tensor,
            kernel("Dilation2DBackpropFilter", inputs, attrs) as tf.Tensor,
          ];
        }, 1e-4);
      }),
      runs(50),
    );
  });
});
