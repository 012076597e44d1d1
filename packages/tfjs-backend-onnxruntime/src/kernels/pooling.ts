import { backend_util } from "@tensorflow/tfjs-core";
import { sameShape, sizeOf } from "../element-arrays.js";
import type { Recorder } from "../recorder.js";
import type { Value } from "../value.js";
import { composed, type KernelCall, type NativeKernel } from "./kernel.js";
import { channelsFirst, channelsLast } from "./layout.js";
import { cast } from "./unary.js";
import { isRegular, type Windows, windowAttributes, windows2d, windows3d } from "./windows.js";

/** A pool: its windows, and the shapes around it. */
export interface Pool {
  readonly windows: Windows;
  readonly inShape: readonly number[];
  readonly outShape: readonly number[];
}

interface PoolAttributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly dataFormat?: "NDHWC" | "NCDHW";
}

/** Reads a pool in two dimensions off an input's shape and the attributes; TensorFlow.js's own checks throw. */
export function pool2d(inShape: readonly number[], { attrs }: KernelCall): Pool {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttributes;
  const info = backend_util.computePool2DInfo(inShape as [number, number, number, number], filterSize, strides, 1, pad, dimRoundingMode);
  return { windows: windows2d(info), inShape, outShape: info.outShape };
}

/** Reads a pool in three dimensions. */
export function pool3d(inShape: readonly number[], { attrs }: KernelCall): Pool {
  const { filterSize, strides, pad, dimRoundingMode, dataFormat } = attrs as unknown as PoolAttributes;
  const info = backend_util.computePool3DInfo(
    inShape as [number, number, number, number, number],
    filterSize as number,
    strides as number,
    1,
    pad as "same",
    dimRoundingMode,
    dataFormat,
  );
  return { windows: windows3d(info), inShape, outShape: info.outShape };
}

/** ONNX Runtime refuses windows that may lie in the padding alone. */
export function isPoolable({ dtype }: Value, { windows }: Pool): boolean {
  const { kernel, begin, end } = windows;
  return dtype === "float32" && isRegular(windows) && kernel.every((size, at) => begin[at]! < size && end[at]! < size);
}

/** Shape of a pool's result with the channels first. */
export function planeShape({ outShape, windows }: Pool): number[] {
  return [outShape[0]!, outShape.at(-1)!, ...windows.output];
}

/** TensorFlow.js passes over NaN when it looks for a maximum. */
export function withoutNans(r: Recorder, x: Value): Value {
  return r.node("Where", [r.node("IsNaN", [x], "bool", x.shape), r.scalar(Number.NEGATIVE_INFINITY), x], "float32", x.shape);
}

function maximum(read: typeof pool2d): NativeKernel["record"] {
  return (call) => {
    const { recorder: r } = call;
    const x = call.input("x");
    const pool = read(x.shape, call);
    if (!isPoolable(x, pool)) return undefined;
    // Windows of one element in two dimensions leave everything as it is, NaN too.
    if (read === pool2d && sizeOf(pool.windows.kernel) === 1 && sameShape(pool.inShape, pool.outShape)) return x;
    const attributes = windowAttributes(pool.windows);
    return channelsLast(r, r.node("MaxPool", [channelsFirst(r, withoutNans(r, x))], "float32", planeShape(pool), { attributes }));
  };
}

function average(read: typeof pool2d): NativeKernel["record"] {
  return (call) => {
    const { recorder: r } = call;
    const x = call.input("x");
    const pool = read(x.shape, call);
    if (!isPoolable(x, pool)) return undefined;
    const { dilations: _, ...attributes } = windowAttributes(pool.windows);
    return channelsLast(r, r.node("AveragePool", [channelsFirst(r, x)], "float32", planeShape(pool), { attributes }));
  };
}

/** Maxima, and where they were: ONNX counts positions with the channels first, TensorFlow.js with the channels last. */
function maximumWithPosition(call: KernelCall): Value[] | undefined {
  const { recorder: r, attrs } = call;
  const x = call.input("x");
  const pool = pool2d(x.shape, call);
  if (!isPoolable(x, pool)) return undefined;
  const shape = planeShape(pool);
  const outputs = [
    { dtype: "float32", shape },
    { dtype: "int64", shape },
  ] as const;
  const [y, position] = r.nodes("MaxPool", [channelsFirst(r, withoutNans(r, x))], outputs, { attributes: windowAttributes(pool.windows) });
  const [batch, channels, plane] = [shape[0]!, shape[1]!, sizeOf(pool.windows.input)];
  const offsets = new BigInt64Array(batch * channels);
  for (let image = 0; image < batch; image++)
    for (let channel = 0; channel < channels; channel++) {
      const start = attrs["includeBatchInIndex"] ? image * plane * channels : 0;
      offsets[image * channels + channel] = BigInt(start + channel - (image * channels + channel) * plane * channels);
    }
  const scaled = r.node("Mul", [position!, r.baked("int64", [channels], [])], "int64", shape);
  const moved = r.node("Add", [scaled, r.leaf("int64", [batch, channels, ...shape.slice(2).map(() => 1)], offsets)], "int64", shape);
  const isFound = r.node("Greater", [y!, r.scalar(Number.NEGATIVE_INFINITY)], "bool", shape);
  const found = r.node("Where", [isFound, cast(r, moved, "int32"), r.scalar(-1, "int32")], "int32", shape);
  return [channelsLast(r, y!), channelsLast(r, found)];
}

/** Is `dy` the gradient of this pool's result? */
export function isGradientOf({ shape, dtype }: Value, pool: Pool): boolean {
  return dtype === "float32" && sameShape(shape, pool.outShape);
}

export const poolingKernels: readonly NativeKernel[] = [
  composed("MaxPool", maximum(pool2d)),
  composed("MaxPool3D", maximum(pool3d)),
  composed("MaxPoolWithArgmax", maximumWithPosition),
  composed("AvgPool", average(pool2d)),
  composed("AvgPool3D", average(pool3d)),
];
