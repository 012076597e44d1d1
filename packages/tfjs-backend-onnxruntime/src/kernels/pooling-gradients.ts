import { sizeOf } from "../element-arrays.js";
import type { Recorder } from "../recorder.js";
import type { Value } from "../value.js";
import { composed, type NativeKernel } from "./kernel.js";
import { channelsFirst, channelsLast, padded } from "./layout.js";
import { isGradientOf, isPoolable, planeShape, pool2d, pool3d, withoutNans } from "./pooling.js";
import { windowAttributes } from "./windows.js";

/** All of an array's elements from the last to the first. */
function reversed(r: Recorder, x: Value): Value {
  const flat = r.reshaped(x, [sizeOf(x.shape)]);
  const minusOne = r.baked("int64", [-1]);
  return r.reshaped(
    r.node("Slice", [flat, minusOne, r.baked("int64", [-(2 ** 40)]), r.baked("int64", [0]), minusOne], x.dtype, flat.shape),
    x.shape,
  );
}

/** dy goes to where the maximum was. Of several equal ones, TensorFlow.js takes the first in two dimensions, the last in three; ONNX always the first, so there everything is read from its end. */
function maximumGradient(read: typeof pool2d, takesLast: boolean): NativeKernel["record"] {
  return (call) => {
    const { recorder: r } = call;
    const [dy, x] = [call.input("dy"), call.input("input")];
    const pool = read(x.shape, call);
    const { windows } = pool;
    if (!isPoolable(x, pool) || !isGradientOf(dy, pool)) return undefined;
    // Read from its end, the input has its unreached elements before the first window, where ONNX has no word for them.
    if (takesLast && windows.rest.some((size) => size > 0)) return undefined;
    const turned = (value: Value) => (takesLast ? reversed(r, value) : value);
    const shape = planeShape(pool);
    const attributes = windowAttributes(takesLast ? { ...windows, begin: windows.end, end: windows.begin } : windows);
    const outputs = [
      { dtype: "float32", shape },
      { dtype: "int64", shape },
    ] as const;
    const [y, position] = r.nodes("MaxPool", [turned(channelsFirst(r, withoutNans(r, x)))], outputs, { attributes });
    const isFound = r.node("Greater", [y!, r.scalar(Number.NEGATIVE_INFINITY)], "bool", shape);
    const given = r.node("Where", [isFound, turned(channelsFirst(r, dy)), r.scalar(0)], "float32", shape);
    const flat = [sizeOf(x.shape)];
    const sums = r.node(
      "ScatterElements",
      [r.splat("float32", flat, 0), r.reshaped(position!, [sizeOf(shape)]), r.reshaped(given, [sizeOf(shape)])],
      "float32",
      flat,
      { attributes: { reduction: { kind: "string", value: "add" } } },
    );
    return channelsLast(r, turned(r.reshaped(sums, [x.shape[0]!, x.shape.at(-1)!, ...windows.input])));
  };
}

/**
 * dy is shared among the elements of its window. TensorFlow.js's own tests give the padding its share as well, although the average did not count it:
 * its gradient is smaller at padded edges than a finite difference.
 */
function averageGradient(read: typeof pool2d): NativeKernel["record"] {
  return (call) => {
    const { recorder: r } = call;
    const [dy, x] = [call.input("dy"), call.input("input")];
    const pool = read(x.shape, call);
    if (!isPoolable(x, pool) || !isGradientOf(dy, pool)) return undefined;
    const { kernel, strides, input, output, begin, end, rest } = pool.windows;
    const isPadded = [...begin, ...end].some((size) => size > 0);
    const shared = r.node("Mul", [dy, r.scalar(Math.fround(1 / sizeOf(kernel)))], "float32", dy.shape);
    const [batch, channels] = [x.shape[0]!, x.shape.at(-1)!];
    if (!isPadded && kernel.every((size, axis) => size === strides[axis])) {
      // Windows side by side: each share is copied, and what no window reached gets nothing.
      const parted = r.reshaped(shared, [batch, ...output.flatMap((size) => [size, 1]), channels]);
      const copied = r.broadcast(parted, [batch, ...output.flatMap((size, axis) => [size, kernel[axis]!]), channels]);
      const whole = r.reshaped(copied, [batch, ...output.map((size, axis) => size * kernel[axis]!), channels]);
      return padded(r, whole, [0, ...rest.map(() => 0), 0], [0, ...rest, 0]);
    }
    const { dilations: _, ...attributes } = windowAttributes(pool.windows);
    const ones = r.splat("float32", [1, 1, ...kernel], 1);
    const planes = r.reshaped(channelsFirst(r, shared), [batch * channels, 1, ...output]);
    const back = r.node("ConvTranspose", [planes, ones], "float32", [batch * channels, 1, ...input], {
      attributes: { ...attributes, output_padding: { kind: "ints", value: [...rest] } },
    });
    return channelsLast(r, r.reshaped(back, [batch, channels, ...input]));
  };
}

export const poolingGradientKernels: readonly NativeKernel[] = [
  composed("MaxPoolGrad", maximumGradient(pool2d, false)),
  composed("MaxPool3DGrad", maximumGradient(pool3d, true)),
  composed("AvgPoolGrad", averageGradient(pool2d)),
  composed("AvgPool3DGrad", averageGradient(pool3d)),
];
