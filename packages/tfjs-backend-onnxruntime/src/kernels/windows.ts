import type { backend_util } from "@tensorflow/tfjs-core";
import type { Attributes } from "../value.js";

/** Where the windows of a convolution or a pool lie: one number for each axis of space. */
export interface Windows {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly input: readonly number[];
  readonly output: readonly number[];
  /** Padding before the input. */
  readonly begin: readonly number[];
  /** Padding behind the input that the last window reaches into: never more than that. */
  readonly end: readonly number[];
  /** Elements at the end of the input that no window reaches. */
  readonly rest: readonly number[];
}

type Info2D = backend_util.Conv2DInfo;
type Info3D = backend_util.Conv3DInfo;

/** The windows of a convolution or pool in two dimensions. */
export function windows2d(info: Info2D): Windows {
  return windows(
    [info.filterHeight, info.filterWidth],
    [info.strideHeight, info.strideWidth],
    [info.dilationHeight, info.dilationWidth],
    [info.inHeight, info.inWidth],
    [info.outHeight, info.outWidth],
    [info.padInfo.top, info.padInfo.left],
  );
}

/** The windows of a convolution or pool in three dimensions. */
export function windows3d(info: Info3D): Windows {
  return windows(
    [info.filterDepth, info.filterHeight, info.filterWidth],
    [info.strideDepth, info.strideHeight, info.strideWidth],
    [info.dilationDepth, info.dilationHeight, info.dilationWidth],
    [info.inDepth, info.inHeight, info.inWidth],
    [info.outDepth, info.outHeight, info.outWidth],
    [info.padInfo.front, info.padInfo.top, info.padInfo.left],
  );
}

function windows(
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  input: readonly number[],
  output: readonly number[],
  begin: readonly number[],
): Windows {
  // Behind the last element that the last window reaches; negative where it ends inside of the input.
  const beyond = kernel.map((size, at) => (output[at]! - 1) * strides[at]! + (size - 1) * dilations[at]! + 1 - input[at]! - begin[at]!);
  const end = beyond.map((size) => Math.max(0, size));
  return { kernel, strides, dilations, input, output, begin, end, rest: beyond.map((size) => Math.max(0, -size)) };
}

/**
 * Does ONNX count the same windows? TensorFlow.js makes fewer where it takes a window's height for its width (padding in numbers, windows or strides that are not square),
 * and begins inside of the input where windows lie apart in three dimensions.
 */
export function isRegular({ begin, rest, strides }: Windows): boolean {
  return strides.every((stride, axis) => begin[axis]! >= 0 && rest[axis]! < stride);
}

/** ONNX's attributes for these windows. */
export function windowAttributes({ kernel, strides, dilations, begin, end }: Windows): Attributes {
  return {
    kernel_shape: { kind: "ints", value: [...kernel] },
    strides: { kind: "ints", value: [...strides] },
    dilations: { kind: "ints", value: [...dilations] },
    pads: { kind: "ints", value: [...begin, ...end] },
  };
}

/** Offsets of each element of a window, in row-major order. */
export function taps({ kernel, dilations }: Windows): number[][] {
  return kernel.reduce<number[][]>(
    (found, size, axis) => found.flatMap((start) => Array.from({ length: size }, (_, at) => [...start, at * dilations[axis]!])),
    [[]],
  );
}
