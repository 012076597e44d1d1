import { backend_util, slice_util, util } from "@tensorflow/tfjs-core";
import { currentSettings } from "../configure.js";
import { sameShape } from "../element-arrays.js";
import type { Recorder } from "../recorder.js";
import type { GraphDtype, Value } from "../value.js";
import { composed, type KernelCall, type NativeKernel, native } from "./kernel.js";
import { part, permuted } from "./layout.js";

/** ONNX reads an end below every axis as "before the first element". */
const beforeFirst = -(2 ** 40);

function slice(
  r: Recorder,
  x: Value,
  starts: readonly number[],
  ends: readonly number[],
  steps: readonly number[],
  shape: readonly number[],
): Value {
  const backward = steps.flatMap((step, axis) => (step < 0 ? [axis] : []));
  if (backward.length === 0) return sliceNode(r, x, { starts, ends, axes: starts.map((_, axis) => axis), steps }, shape);
  // ONNX Runtime's WebGPU kernel begins each backward axis at its last element. So what lies between the ends is cut out first, and read backwards then.
  const lowest = starts.map((start, axis) => (steps[axis]! < 0 ? start + (shape[axis]! - 1) * steps[axis]! : start));
  const forward = {
    starts: lowest,
    ends: ends.map((end, axis) => (steps[axis]! < 0 ? starts[axis]! + 1 : end)),
    axes: starts.map((_, axis) => axis),
    steps: steps.map((step) => Math.max(1, step)),
  };
  const cut = sliceNode(
    r,
    x,
    forward,
    shape.map((size, axis) => (steps[axis]! < 0 ? starts[axis]! + 1 - lowest[axis]! : size)),
  );
  return backwards(
    r,
    cut,
    backward,
    backward.map((axis) => steps[axis]!),
    shape,
  );
}

/** Every so manieth element along axes, from the last one on. */
function backwards(r: Recorder, x: Value, axes: readonly number[], steps: readonly number[], shape: readonly number[]): Value {
  return sliceNode(r, x, { starts: axes.map(() => -1), ends: axes.map(() => beforeFirst), axes, steps }, shape);
}

function sliceNode(
  r: Recorder,
  x: Value,
  { starts, ends, axes, steps }: Record<"starts" | "ends" | "axes" | "steps", readonly number[]>,
  shape: readonly number[],
): Value {
  const inputs = [x, r.baked("int64", starts), r.baked("int64", ends), r.baked("int64", axes), r.baked("int64", steps)];
  return r.node("Slice", inputs, x.dtype, shape);
}

function concat({ recorder: r, list, attrs }: KernelCall): Value | undefined {
  const values = list();
  const first = values[0]!;
  if (values.some(({ dtype }) => dtype !== first.dtype)) return undefined;
  const [axis] = util.parseAxisParam(attrs["axis"] as number, [...first.shape]);
  const shape = backend_util.computeOutShape(
    values.map((value) => [...value.shape]),
    axis!,
  );
  backend_util.assertParamsConsistent(
    values.map((value) => [...value.shape]),
    axis!,
  );
  return r.node("Concat", values, first.dtype, shape, { attributes: { axis: { kind: "int", value: axis! } } });
}

function stridedSlice({ recorder: r, input, attrs }: KernelCall): Value {
  const x = input("x");
  const list = (name: string) => attrs[name] as number[];
  const mask = (name: string) => attrs[name] as number;
  const found = slice_util.sliceInfo(
    [...x.shape],
    list("begin"),
    list("end"),
    list("strides"),
    mask("beginMask"),
    mask("endMask"),
    mask("ellipsisMask"),
    mask("newAxisMask"),
    mask("shrinkAxisMask"),
  );
  if (found.isIdentity) return r.reshaped(x, found.finalShape);
  const { begin, end, strides } = found;
  if (found.sliceDim0 || found.isSimpleSlice) {
    const shape = slice_util.computeOutShape(begin, end, strides);
    return r.reshaped(slice(r, x, begin, end, strides, shape), found.finalShape);
  }
  return r.reshaped(slice(r, x, begin, end, strides, found.finalShapeSparse), found.finalShape);
}

function pad({ recorder: r, input, attrs }: KernelCall): Value {
  const x = input("x");
  const paddings = attrs["paddings"] as [number, number][];
  const shape = paddings.map(([before, after], axis) => before + x.shape[axis]! + after);
  const pads = r.baked("int64", [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]);
  const fill = r.baked(x.dtype as "float32", [attrs["constantValue"] as number], []);
  return r.node("Pad", [x, pads, fill], x.dtype, shape);
}

/** A WebGPU shader may be bound to no more than eight buffers on every device, and Split binds the input and all parts at once. */
const mostPartsOnWebgpu = 7;

function split(r: Recorder, x: Value, axis: number, sizes: readonly number[]): Value[] {
  if (sizes.length === 1) return [x];
  if (sizes.length > mostPartsOnWebgpu && currentSettings().device === "webgpu") {
    const zeros = x.shape.map(() => 0);
    let from = 0;
    return sizes.map((size) => {
      from += size;
      return part(r, x, zeros.with(axis, from - size), x.shape.with(axis, size));
    });
  }
  const outputs = sizes.map((size) => ({ dtype: x.dtype, shape: x.shape.with(axis, size) }));
  return r.nodes("Split", [x, r.baked("int64", sizes)], outputs, { attributes: { axis: { kind: "int", value: axis } } });
}

/** The elements in opposite order along axes. */
function reversed(r: Recorder, x: Value, axes: readonly number[]): Value {
  if (axes.length === 0) return x;
  const steps = axes.map(() => -1);
  return backwards(r, x, axes, steps, x.shape);
}

function fill({ recorder, attrs }: KernelCall): Value | undefined {
  const number = attrs["value"];
  const dtype = (attrs["dtype"] as GraphDtype | undefined) ?? "float32";
  if (typeof number !== "number" || !["float32", "int32", "bool"].includes(dtype)) return undefined;
  return recorder.splat(dtype as "float32", attrs["shape"] as number[], dtype === "float32" ? Math.fround(number) : number);
}

function constant(kernelName: string, number: number): NativeKernel {
  return composed(kernelName, ({ recorder, input }) => {
    const x = input("x");
    return recorder.splat(x.dtype as "float32", x.shape, number);
  });
}

export const shapeKernels: readonly NativeKernel[] = [
  native("Transpose", ({ recorder, input, attrs }) => permuted(recorder, input("x"), attrs["perm"] as number[])),
  native("Concat", concat),
  native("Slice", ({ recorder, input, attrs }) => {
    const x = input("x");
    const [begin, size] = slice_util.parseSliceParams(x as never, attrs["begin"] as number[], attrs["size"] as number[]) as [
      number[],
      number[],
    ];
    slice_util.assertParamsValid(x as never, begin, size);
    if (sameShape(size, x.shape)) return x;
    return slice(
      recorder,
      x,
      begin,
      begin.map((start, axis) => start + size[axis]!),
      begin.map(() => 1),
      size,
    );
  }),
  composed("StridedSlice", stridedSlice),
  native("PadV2", pad),
  composed("MirrorPad", ({ recorder: r, input, attrs }) => {
    const x = input("x");
    if (attrs["mode"] !== "reflect" || x.dtype === "bool") return undefined;
    const paddings = attrs["paddings"] as [number, number][];
    const shape = paddings.map(([before, after], axis) => before + x.shape[axis]! + after);
    const pads = r.baked("int64", [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]);
    return r.node("Pad", [x, pads], x.dtype, shape, { attributes: { mode: { kind: "string", value: "reflect" } } });
  }),
  native("Tile", ({ recorder, input, attrs }) => {
    const x = input("x");
    const reps = attrs["reps"] as number[];
    const shape = x.shape.map((size, axis) => size * reps[axis]!);
    // Repeating an axis of size 1 is broadcasting.
    if (x.shape.every((size, axis) => size === 1 || reps[axis] === 1)) return recorder.broadcast(x, shape);
    return recorder.node("Tile", [x, recorder.baked("int64", reps)], x.dtype, shape);
  }),
  composed("Pack", ({ recorder: r, list, attrs }) => {
    const values = list();
    const first = values[0]!;
    const axis = attrs["axis"] as number;
    if (values.some(({ dtype }) => dtype !== first.dtype)) return undefined;
    for (const value of values)
      util.assertShapesMatch([...first.shape], [...value.shape], "All tensors passed to stack must have matching shapes");
    const rows = values.map((value) => r.reshaped(value, value.shape.toSpliced(axis, 0, 1)));
    if (rows.length === 1) return rows[0]!;
    return r.node("Concat", rows, first.dtype, first.shape.toSpliced(axis, 0, rows.length), {
      attributes: { axis: { kind: "int", value: axis } },
    });
  }),
  composed("Unpack", ({ recorder: r, input, attrs }) => {
    const x = input("value");
    const [axis] = util.parseAxisParam(attrs["axis"] as number, [...x.shape]);
    const shape = x.shape.toSpliced(axis!, 1);
    return split(r, x, axis!, new Array(x.shape[axis!]!).fill(1)).map((part) => r.reshaped(part, shape));
  }),
  native("SplitV", ({ recorder, input, attrs }) => {
    const x = input("x");
    const [axis] = util.parseAxisParam(attrs["axis"] as number, [...x.shape]);
    const sizes = backend_util.prepareSplitSize(x as never, attrs["numOrSizeSplits"] as number[] | number, axis!);
    return sizes.some((size) => size === 0) ? undefined : split(recorder, x, axis!, sizes);
  }),
  composed("Reverse", ({ recorder, input, attrs }) => {
    const x = input("x");
    return reversed(recorder, x, util.parseAxisParam(attrs["dims"] as number[], [...x.shape]));
  }),
  native("FlipLeftRight", ({ recorder, input }) => reversed(recorder, input("image"), [2])),
  composed("Fill", fill),
  constant("ZerosLike", 0),
  constant("OnesLike", 1),
];
