import { backend_util } from "@tensorflow/tfjs-core";
import { sizeOf } from "../element-arrays.js";
import type { Recorder } from "../recorder.js";
import type { Value } from "../value.js";
import { channelsFirst, channelsLast, part, permuted } from "./layout.js";
import { type Windows, windowAttributes, windows2d, windows3d } from "./windows.js";

/** A convolution: its windows, its channels, and how TensorFlow.js lays out the images. */
export interface Convolution {
  readonly windows: Windows;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Every channel has filters of its own. */
  readonly isDepthwise: boolean;
  /** Images are [batch, channels, height, width] already. */
  readonly isChannelsFirst: boolean;
  readonly inShape: readonly number[];
  readonly outShape: readonly number[];
  /** [...kernel, in, out], or [...kernel, in, multiplier] where depthwise. */
  readonly filterShape: readonly number[];
}

/** Attributes of TensorFlow.js's convolutions. */
export interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: number | "valid" | "same" | [number, number][];
  readonly dilations?: number | [number, number];
  readonly dataFormat?: "NHWC" | "NCHW";
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

type Shape4D = [number, number, number, number];

/** Reads a convolution in two dimensions off its shapes and attributes; TensorFlow.js's own checks throw. */
export function convolution2d(
  inShape: readonly number[],
  filterShape: readonly number[],
  { strides, pad, dilations, dataFormat, dimRoundingMode }: ConvolutionAttributes,
  isDepthwise = false,
): Convolution {
  const format = isDepthwise || dataFormat === undefined ? "channelsLast" : backend_util.convertConv2DDataFormat(dataFormat);
  const info = backend_util.computeConv2DInfo(
    inShape as Shape4D,
    filterShape as Shape4D,
    strides,
    dilations ?? 1,
    pad as "same",
    dimRoundingMode,
    isDepthwise,
    format,
  );
  const { inChannels, outChannels, outShape } = info;
  return {
    windows: windows2d(info),
    inChannels,
    outChannels,
    isDepthwise,
    isChannelsFirst: format === "channelsFirst",
    inShape,
    outShape,
    filterShape,
  };
}

/** Reads a convolution in three dimensions off its shapes and attributes. */
export function convolution3d(
  inShape: readonly number[],
  filterShape: readonly number[],
  { strides, pad, dilations }: ConvolutionAttributes,
): Convolution {
  const info = backend_util.computeConv3DInfo(
    inShape as [number, ...Shape4D],
    filterShape as [number, ...Shape4D],
    strides as number,
    (dilations ?? 1) as number,
    pad as "same",
  );
  const { inChannels, outChannels, outShape } = info;
  return { windows: windows3d(info), inChannels, outChannels, isDepthwise: false, isChannelsFirst: false, inShape, outShape, filterShape };
}

/** One product per pixel: the convolution is a product of matrices, in TensorFlow.js's own layout. */
function isPointwise({ windows: { kernel, strides, begin, end }, isDepthwise, isChannelsFirst }: Convolution): boolean {
  return !isDepthwise && !isChannelsFirst && kernel.every((size, at) => size * strides[at]! === 1 && begin[at]! + end[at]! === 0);
}

function gemm(r: Recorder, a: Value, b: Value, shape: readonly number[], transA: boolean, transB: boolean): Value {
  const flag = (on: boolean) => ({ kind: "int", value: on ? 1 : 0 }) as const;
  return r.node("Gemm", [a, b], "float32", shape, { attributes: { transA: flag(transA), transB: flag(transB) } });
}

function matrix(r: Recorder, x: Value): Value {
  return r.reshaped(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!]);
}

/** [batch, channels, …space] of an image. */
function planes(r: Recorder, x: Value, { isChannelsFirst }: Convolution): Value {
  return isChannelsFirst ? x : channelsFirst(r, x);
}

/** The image of [batch, channels, …space]. */
function image(r: Recorder, x: Value, { isChannelsFirst }: Convolution): Value {
  return isChannelsFirst ? x : channelsLast(r, x);
}

/** [...kernel, in, out] → [out, in, ...kernel]; depthwise [...kernel, in, multiplier] → [in · multiplier, 1, ...kernel]. */
function onnxFilter(r: Recorder, filter: Value, { isDepthwise, outChannels }: Convolution): Value {
  const rank = filter.shape.length;
  const kernel = filter.shape.slice(0, -2);
  const axes = kernel.map((_, at) => at);
  if (!isDepthwise) return permuted(r, filter, [rank - 1, rank - 2, ...axes]);
  return r.reshaped(permuted(r, filter, [rank - 2, rank - 1, ...axes]), [outChannels, 1, ...kernel]);
}

function attributesOf({ windows, isDepthwise, inChannels }: Convolution) {
  return { ...windowAttributes(windows), group: { kind: "int", value: isDepthwise ? inChannels : 1 } } as const;
}

/** Σ over the window and the channels of x · filter. `bias` [out] is added, and `activated` applied, while the channels come first. */
export function convolve(
  r: Recorder,
  x: Value,
  filter: Value,
  found: Convolution,
  { bias, activated = (y) => y }: { bias?: Value; activated?: (y: Value) => Value } = {},
): Value {
  if (isPointwise(found)) {
    const operands = [matrix(r, x), r.reshaped(filter, filter.shape.slice(-2))];
    const shape = [operands[0]!.shape[0]!, found.outChannels];
    const product =
      bias === undefined ? r.node("MatMul", operands, "float32", shape) : r.node("Gemm", [...operands, bias], "float32", shape);
    return r.reshaped(activated(product), found.outShape);
  }
  const inputs = [planes(r, x, found), onnxFilter(r, filter, found)];
  if (bias !== undefined) inputs.push(bias);
  const shape = [found.inShape[0]!, found.outChannels, ...found.windows.output];
  return image(r, activated(r.node("Conv", inputs, "float32", shape, { attributes: attributesOf(found) })), found);
}

/** Gradient of the input: every product goes back to where it came from. */
export function convolveBack(r: Recorder, dy: Value, filter: Value, found: Convolution): Value {
  const { windows, inChannels, outChannels, inShape } = found;
  if (isPointwise(found)) {
    const dx = gemm(r, matrix(r, dy), r.reshaped(filter, filter.shape.slice(-2)), [sizeOf(inShape.slice(0, -1)), inChannels], false, true);
    return r.reshaped(dx, inShape);
  }
  const shape = [inShape[0]!, inChannels, ...windows.input];
  const attributes = { ...attributesOf(found), output_padding: { kind: "ints", value: [...windows.rest] } } as const;
  const inputs = [r.reshaped(planes(r, dy, found), [inShape[0]!, outChannels, ...windows.output]), onnxFilter(r, filter, found)];
  return image(r, r.node("ConvTranspose", inputs, "float32", shape, { attributes }), found);
}

/** Gradient of the filter: the input is convolved with dy, whose windows lie as far apart as the strides were. */
export function filterGradient(r: Recorder, x: Value, dy: Value, found: Convolution): Value {
  const { windows, inChannels, outChannels, isDepthwise, inShape, filterShape } = found;
  const batch = inShape[0]!;
  if (isPointwise(found)) {
    const dw = gemm(r, matrix(r, x), matrix(r, dy), [inChannels, outChannels], true, false);
    return r.reshaped(dw, filterShape);
  }
  const axes = windows.kernel.map((_, at) => at + 2);
  const [fromImage, fromGradient] = [planes(r, x, found), planes(r, dy, found)].map((value) => permuted(r, value, [1, 0, ...axes]));
  // What no window reached adds rows and columns that are cut off.
  const reached = windows.kernel.map((size, at) => size + Math.floor(windows.rest[at]! / windows.dilations[at]!));
  const attributes = {
    kernel_shape: { kind: "ints", value: [...windows.output] },
    strides: { kind: "ints", value: [...windows.dilations] },
    dilations: { kind: "ints", value: [...windows.strides] },
    pads: { kind: "ints", value: [...windows.begin, ...windows.end] },
    group: { kind: "int", value: isDepthwise ? inChannels : 1 },
  } as const;
  if (isDepthwise) {
    const inputs = [r.reshaped(fromImage!, [1, inChannels * batch, ...windows.input]), fromGradient!];
    const full = r.node("Conv", inputs, "float32", [1, outChannels, ...reached], { attributes });
    const cut = part(r, full, [0, 0, ...axes.map(() => 0)], [1, outChannels, ...windows.kernel]);
    const filters = r.reshaped(cut, [inChannels, outChannels / inChannels, ...windows.kernel]);
    return permuted(r, filters, [...axes, 0, 1]);
  }
  const full = r.node("Conv", [fromImage!, fromGradient!], "float32", [inChannels, outChannels, ...reached], { attributes });
  return permuted(r, part(r, full, [0, 0, ...axes.map(() => 0)], [inChannels, outChannels, ...windows.kernel]), [...axes, 0, 1]);
}
