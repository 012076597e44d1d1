import { sameShape } from "../element-arrays.js";
import type { Value } from "../value.js";
import { type Activation, activate, isKnown, isPlaceless } from "./activation.js";
import { elementwise } from "./binary.js";
import {
  type Convolution,
  type ConvolutionAttributes,
  convolution2d,
  convolution3d,
  convolve,
  convolveBack,
  filterGradient,
} from "./convolution.js";
import { composed, type KernelCall, type NativeKernel } from "./kernel.js";
import { isRegular } from "./windows.js";

type Reader = (inShape: readonly number[], filterShape: readonly number[], attrs: ConvolutionAttributes) => Convolution;

const depthwise: Reader = (inShape, filterShape, attrs) => convolution2d(inShape, filterShape, attrs, true);

function attributes({ attrs }: KernelCall): ConvolutionAttributes {
  return attrs as unknown as ConvolutionAttributes;
}

function areFloats(...values: Value[]): boolean {
  return values.every(({ dtype }) => dtype === "float32");
}

/** Has `dy` the shape of this convolution's result? */
function isGradientOf(dy: Value, { windows, outShape }: Convolution): boolean {
  return isRegular(windows) && sameShape(dy.shape, outShape);
}

function forward(kernelName: string, read: Reader): NativeKernel {
  return composed(kernelName, (call) => {
    const [x, filter] = [call.input("x"), call.input("filter")];
    const found = read(x.shape, filter.shape, attributes(call));
    return areFloats(x, filter) && isRegular(found.windows) ? convolve(call.recorder, x, filter, found) : undefined;
  });
}

function gradientOfInput(kernelName: string, read: Reader): NativeKernel {
  return composed(kernelName, (call) => {
    const [dy, filter] = [call.input("dy"), call.input("filter")];
    const found = read(call.attrs["inputShape"] as number[], filter.shape, attributes(call));
    return areFloats(dy, filter) && isGradientOf(dy, found) ? convolveBack(call.recorder, dy, filter, found) : undefined;
  });
}

function gradientOfFilter(kernelName: string, read: Reader): NativeKernel {
  return composed(kernelName, (call) => {
    const [x, dy] = [call.input("x"), call.input("dy")];
    const found = read(x.shape, call.attrs["filterShape"] as number[], attributes(call));
    return areFloats(x, dy) && isGradientOf(dy, found) ? filterGradient(call.recorder, x, dy, found) : undefined;
  });
}

/** Convolution, bias and activation. They are done while the channels come first, where ONNX Runtime makes one kernel of the three; an operand that is no vector of channels waits for TensorFlow.js's layout. */
function fused(kernelName: string, read: Reader): NativeKernel {
  return composed(kernelName, (call) => {
    const { recorder: r, attrs } = call;
    const [x, filter, bias, slope] = [
      call.input("x"),
      call.input("filter"),
      call.optional("bias"),
      call.optional("preluActivationWeights"),
    ];
    const found = read(x.shape, filter.shape, attributes(call));
    if (!areFloats(x, filter, ...[bias, slope].filter((value) => value !== undefined))) return undefined;
    const activation: Activation = {
      name: (attrs["activation"] as string | undefined) ?? "linear",
      leakyreluAlpha: attrs["leakyreluAlpha"] as number,
      slope: aligned(call, slope, found),
    };
    if (!isKnown(activation) || !isRegular(found.windows)) return undefined;
    const isVector = bias !== undefined && sameShape(bias.shape, [found.outChannels]);
    const isEarly = isPlaceless(activation) && (bias === undefined || isVector);
    let y = convolve(r, x, filter, found, {
      ...(isVector && { bias }),
      ...(isEarly && { activated: (value: Value) => activate(r, value, activation) }),
    });
    if (bias !== undefined && !isVector) y = elementwise(r, "Add", y, aligned(call, bias, found)!);
    return isEarly ? y : activate(r, y, activation);
  });
}

/** A vector of channels beside images whose channels come first. */
function aligned({ recorder }: KernelCall, value: Value | undefined, { isChannelsFirst }: Convolution): Value | undefined {
  const isVector = value !== undefined && value.shape.length === 1 && value.shape[0] !== 1;
  return isVector && isChannelsFirst ? recorder.reshaped(value, [value.shape[0]!, 1, 1]) : value;
}

export const convolutionKernels: readonly NativeKernel[] = [
  forward("Conv2D", convolution2d),
  gradientOfInput("Conv2DBackpropInput", convolution2d),
  gradientOfFilter("Conv2DBackpropFilter", convolution2d),
  forward("Conv3D", convolution3d),
  gradientOfInput("Conv3DBackpropInputV2", convolution3d),
  gradientOfFilter("Conv3DBackpropFilterV2", convolution3d),
  forward("DepthwiseConv2dNative", depthwise),
  gradientOfInput("DepthwiseConv2dNativeBackpropInput", depthwise),
  gradientOfFilter("DepthwiseConv2dNativeBackpropFilter", depthwise),
  fused("FusedConv2D", convolution2d),
  fused("FusedDepthwiseConv2D", depthwise),
];
