import { backend_util } from "@tensorflow/tfjs-core";
import { sameShape, sizeOf } from "../element-arrays.js";
import type { Recorder } from "../recorder.js";
import type { Value } from "../value.js";
import { composed, type KernelCall, type NativeKernel } from "./kernel.js";
import { padded, part } from "./layout.js";
import { withoutNans } from "./pooling.js";
import { cast } from "./unary.js";
import { isRegular, taps, type Windows, windows2d } from "./windows.js";

/** ONNX has no morphology: a window is added element by element, for as many elements as this. */
const mostTaps = 64;

interface Dilation {
  readonly windows: Windows;
  readonly outShape: readonly number[];
  /** The sums of each element of the window, [out] each, in row-major order of the window. */
  readonly sums: readonly Value[];
}

/** Image + filter for each element of the window; −Infinity in the padding and for NaN, which are never the maximum. */
function windowSums({ recorder: r, input, attrs }: KernelCall): Dilation | undefined {
  const [x, filter] = [input("x"), input("filter")];
  const { strides, pad, dilations } = attrs as unknown as { strides: [number, number]; pad: "same"; dilations: [number, number] };
  const info = backend_util.computeDilation2DInfo(
    x.shape as [number, number, number, number],
    filter.shape as [number, number, number],
    strides,
    pad,
    "NHWC",
    dilations,
  );
  const windows = windows2d(info);
  const { begin, end, output } = windows;
  if (x.dtype !== "float32" || filter.dtype !== "float32" || sizeOf(windows.kernel) > mostTaps || !isRegular(windows)) return undefined;
  const [batch, , , channels] = x.shape as [number, number, number, number];
  const wide = padded(r, withoutNans(r, x), [0, ...begin, 0], [0, ...end, 0], Number.NEGATIVE_INFINITY);
  const shape = [batch, ...output, channels];
  const rows = r.reshaped(filter, [sizeOf(windows.kernel), channels]);
  const sums = taps(windows).map((offset, at) => {
    const window = part(r, wide, [0, ...offset, 0], shape, [1, ...windows.strides, 1]);
    return r.node("Add", [window, r.reshaped(part(r, rows, [at, 0], [1, channels]), [channels])], "float32", shape);
  });
  return { windows, outShape: info.outShape, sums };
}

/** Maximum of image + filter over each window. */
function dilate(call: KernelCall): Value | undefined {
  const found = windowSums(call);
  if (found === undefined) return undefined;
  const { recorder: r } = call;
  // TensorFlow.js's search begins at the smallest safe integer.
  const smallest = r.scalar(Math.fround(Number.MIN_SAFE_INTEGER));
  return r.node("Max", [...found.sums, smallest], "float32", found.outShape);
}

/** For each result: which element of the window was the (first) maximum, and dy where there was one. */
function choice(call: KernelCall, { sums, outShape }: Dilation): { at: Value; dy: Value } | undefined {
  const { recorder: r, input } = call;
  const dy = input("dy");
  if (dy.dtype !== "float32" || !sameShape(dy.shape, outShape)) return undefined;
  const stacked = r.node(
    "Concat",
    sums.map((sum) => r.reshaped(sum, [1, ...outShape])),
    "float32",
    [sums.length, ...outShape],
    { attributes: { axis: { kind: "int", value: 0 } } },
  );
  const attributes = { axis: { kind: "int", value: 0 }, keepdims: { kind: "int", value: 0 } } as const;
  const at = r.node("ArgMax", [stacked], "int64", outShape, { attributes });
  const isFound = r.node("Greater", [r.node("Max", [...sums], "float32", outShape), r.scalar(Number.NEGATIVE_INFINITY)], "bool", outShape);
  return { at, dy: r.node("Where", [isFound, dy, r.scalar(0)], "float32", outShape) };
}

function counted(r: Recorder, shape: readonly number[], number: (at: number) => number): Value {
  return r.leaf(
    "int64",
    shape,
    BigInt64Array.from({ length: sizeOf(shape) }, (_, at) => BigInt(number(at))),
  );
}

/** dy goes to the pixel that was the maximum. */
function gradientOfImage(call: KernelCall): Value | undefined {
  const { recorder: r, input } = call;
  const x = input("x");
  const found = windowSums(call);
  const chosen = found && choice(call, found);
  if (found === undefined || chosen === undefined) return undefined;
  const { windows, outShape } = found;
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [tall, wide] = windows.output as [number, number];
  const start = (axis: number, at: number) => at * windows.strides[axis]! - windows.begin[axis]!;
  const lines = counted(r, [batch, tall, 1, 1], (at) => (Math.floor(at / tall) * height + start(0, at % tall)) * width * channels);
  const columns = counted(r, [wide, channels], (at) => start(1, Math.floor(at / channels)) * channels + (at % channels));
  const offsets = taps(windows).map(([down, right]) => (down! * width + right!) * channels);
  const moved = r.node("Gather", [counted(r, [offsets.length], (at) => offsets[at]!), chosen.at], "int64", outShape);
  const corner = r.node("Add", [lines, columns], "int64", outShape);
  const [flat, size] = [[sizeOf(x.shape)], [sizeOf(outShape)]];
  const position = r.node("Add", [corner, moved], "int64", outShape);
  // Where nothing was found, the corner may lie outside; dy is 0 there.
  const safe = r.node("Max", [position, r.baked("int64", [0], [])], "int64", outShape);
  const sums = r.node(
    "ScatterElements",
    [r.splat("float32", flat, 0), r.reshaped(safe, size), r.reshaped(chosen.dy, size)],
    "float32",
    flat,
    { attributes: { reduction: { kind: "string", value: "add" } } },
  );
  return r.reshaped(sums, x.shape);
}

/** dy goes to the element of the filter that was the maximum. */
function gradientOfFilter(call: KernelCall): Value | undefined {
  const { recorder: r, input } = call;
  const filter = input("filter");
  const found = windowSums(call);
  const chosen = found && choice(call, found);
  if (found === undefined || chosen === undefined) return undefined;
  const count = found.sums.length;
  const channels = filter.shape.at(-1)!;
  const rows = sizeOf(found.outShape) / channels;
  const element = counted(r, [count, 1, 1], (at) => at);
  const isElement = r.node("Equal", [r.reshaped(chosen.at, [1, rows, channels]), element], "bool", [count, rows, channels]);
  // A product, not a choice: it is cheaper.
  const given = r.node("Mul", [cast(r, isElement, "float32"), r.reshaped(chosen.dy, [1, rows, channels])], "float32", [
    count,
    rows,
    channels,
  ]);
  const attributes = { keepdims: { kind: "int", value: 0 } } as const;
  return r.reshaped(r.node("ReduceSum", [given, r.baked("int64", [1])], "float32", [count, channels], { attributes }), filter.shape);
}

export const dilationKernels: readonly NativeKernel[] = [
  composed("Dilation2D", dilate),
  composed("Dilation2DBackpropInput", gradientOfImage),
  composed("Dilation2DBackpropFilter", gradientOfFilter),
];
