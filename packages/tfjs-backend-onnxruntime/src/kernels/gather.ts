import { backend_util, gather_util, scatter_util, util } from "@tensorflow/tfjs-core";
import { currentSettings } from "../configure.js";
import { sizeOf } from "../element-arrays.js";
import type { Recorder } from "../recorder.js";
import type { GraphData, Value } from "../value.js";
import { composed, type KernelCall, type NativeKernel, native } from "./kernel.js";
import { cast } from "./unary.js";

function isInside(indices: GraphData, size: number): boolean {
  for (const index of indices as Int32Array) if (index < 0 || index >= size) return false;
  return true;
}

function gather({ recorder: r, input, known, attrs }: KernelCall): Value | undefined {
  const x = input("x");
  const indices = input("indices");
  const [axis] = util.parseAxisParam(attrs["axis"] as number, [...x.shape]);
  const batchDims = (attrs["batchDims"] as number | undefined) ?? 0;
  if (indices.dtype !== "int32" || (batchDims !== 0 && batchDims !== axis)) return undefined;
  const elements = known("indices");
  // The CPU kernel has the message; ONNX would read a negative index from the end.
  if (elements !== undefined && !isInside(elements, x.shape[axis!]!)) return undefined;
  const shape = [...x.shape.slice(0, axis!), ...indices.shape.slice(batchDims), ...x.shape.slice(axis! + 1)];
  if (batchDims > 0) {
    if (x.dtype === "bool") return undefined;
    const positions = cast(r, r.reshaped(indices, [...indices.shape, 1]), "int64");
    return r.node("GatherND", [x, positions], x.dtype, shape, { attributes: { batch_dims: { kind: "int", value: batchDims } } });
  }
  return r.node("Gather", [x, indices], x.dtype, shape, { attributes: { axis: { kind: "int", value: axis! } } });
}

/** Sums rows by segment: a scatter that adds. Ids outside of the segments are dropped; where the ids are not known yet, they go to a row of their own that is cut off. */
function unsortedSegmentSum({ recorder: r, input, known, attrs }: KernelCall): Value | undefined {
  const x = input("x");
  const ids = input("segmentIds");
  const segments = attrs["numSegments"] as number;
  if (x.dtype !== "float32" || ids.dtype !== "int32" || ids.shape.length !== 1 || segments === 0) return undefined;
  const elements = known("segmentIds");
  const rest = x.shape.slice(1);
  const isSafe = elements !== undefined && isInside(elements, segments);
  const rows = isSafe ? segments : segments + 1;
  let rowOf = ids;
  if (!isSafe) {
    const last = r.scalar(segments, "int32");
    const below = r.node("Less", [ids, r.scalar(0, "int32")], "bool", ids.shape);
    rowOf = r.node("Where", [below, last, r.node("Min", [ids, last], "int32", ids.shape)], "int32", ids.shape);
  }
  const sums = addedRows(r, rowOf, x, [rows, ...rest], isSafe ? elements : undefined);
  if (isSafe) return sums;
  return r.node("Slice", [sums, r.baked("int64", [0]), r.baked("int64", [segments]), r.baked("int64", [0])], "float32", [
    segments,
    ...rest,
  ]);
}

function scatterNd({ recorder: r, input, known, attrs }: KernelCall): Value | undefined {
  const indices = input("indices");
  const updates = input("updates");
  const shape = attrs["shape"] as number[];
  const elements = known("indices");
  const { sliceRank } = scatter_util.calculateShapes(updates as never, indices as never, shape);
  if (
    updates.dtype !== "float32" ||
    indices.dtype !== "int32" ||
    sliceRank === 0 ||
    indices.shape.at(-1) !== sliceRank ||
    sizeOf(shape) <= 1
  )
    return undefined;
  for (let at = 0; at < (elements?.length ?? 0); at++) {
    const index = Number(elements![at]!);
    if (index < 0 || index >= shape[at % sliceRank]!) return undefined;
  }
  const expected = [...indices.shape.slice(0, -1), ...shape.slice(sliceRank)];
  if (sizeOf(expected) !== sizeOf(updates.shape)) return undefined;
  const count = sizeOf(indices.shape) / sliceRank;
  const [slices, rest] = [shape.slice(0, sliceRank), shape.slice(sliceRank)];
  const sums = addedRows(
    r,
    flatIndices(r, r.reshaped(indices, [count, sliceRank]), slices),
    r.reshaped(updates, [count, ...rest]),
    [sizeOf(slices), ...rest],
    sliceRank === 1 ? elements : undefined,
  );
  return r.reshaped(sums, shape);
}

/** Row numbers `[count]` from indices `[count, axes]`. One that is outside along an axis is outside of all rows, where ONNX Runtime refuses it. */
function flatIndices(r: Recorder, indices: Value, shape: readonly number[]): Value {
  const count = indices.shape[0]!;
  if (shape.length === 1) return r.reshaped(indices, [count]);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const last = r.baked("int64", [1]);
  const sum = (of: Value) => r.node("ReduceSum", [of, last], "int32", [count], { attributes: { keepdims: { kind: "int", value: 0 } } });
  const low = r.node("Less", [indices, r.scalar(0, "int32")], "bool", indices.shape);
  const high = r.node("GreaterOrEqual", [indices, r.baked("int32", shape)], "bool", indices.shape);
  const outside = sum(cast(r, r.node("Or", [low, high], "bool", indices.shape), "int32"));
  const flat = sum(r.node("Mul", [indices, r.baked("int32", strides)], "int32", indices.shape));
  return r.node(
    "Where",
    [r.node("Greater", [outside, r.scalar(0, "int32")], "bool", [count]), r.scalar(sizeOf(shape), "int32"), flat],
    "int32",
    [count],
  );
}

/**
 * Zeros of `shape` with rows of `x` added at `rowOf`. On the processor, ONNX Runtime's ScatterND adds from several threads at once without a lock, so
 * that where rows meet some are lost: it is taken for rows that are known to be different, and on other devices, which add atomically. ScatterElements goes one by one.
 */
function addedRows(r: Recorder, rowOf: Value, x: Value, shape: readonly number[], known: GraphData | undefined): Value {
  const attributes = { reduction: { kind: "string", value: "add" } } as const;
  const zeros = r.splat("float32", shape, 0);
  const apart = known !== undefined && new Set<number | bigint>(known as Int32Array).size === known.length;
  if (apart || currentSettings().device !== "cpu")
    return r.node("ScatterND", [zeros, cast(r, r.reshaped(rowOf, [x.shape[0]!, 1]), "int64"), x], "float32", shape, { attributes });
  const column = r.reshaped(rowOf, [x.shape[0]!, ...x.shape.slice(1).map(() => 1)]);
  return r.node("ScatterElements", [zeros, r.broadcast(column, x.shape), x], "float32", shape, {
    attributes: { ...attributes, axis: { kind: "int", value: 0 } },
  });
}

function gatherNd({ recorder: r, input, known }: KernelCall): Value | undefined {
  const params = input("params");
  const indices = input("indices");
  const elements = known("indices");
  const depth = indices.shape.at(-1)!;
  const [shape] = gather_util.prepareAndValidate(params as never, indices as never);
  if (indices.dtype !== "int32" || params.dtype === "bool") return undefined;
  for (let at = 0; at < (elements?.length ?? 0); at++) {
    const index = Number(elements![at]!);
    if (index < 0 || index >= params.shape[at % depth]!) return undefined;
  }
  return r.node("GatherND", [params, cast(r, indices, "int64")], params.dtype, shape);
}

/** `indices = position` along a new last axis, chosen between two numbers; indices outside match nothing. */
function oneHot({ recorder: r, input, attrs }: KernelCall): Value | undefined {
  const indices = input("indices");
  const { depth, onValue, offValue } = attrs as { depth: number; onValue: number; offValue: number };
  const dtype = attrs["dtype"] as "float32" | "int32" | "bool";
  if (indices.dtype !== "int32" || !["float32", "int32", "bool"].includes(dtype)) return undefined;
  const shape = [...indices.shape, depth];
  const positions = r.baked(
    "int32",
    Array.from({ length: depth }, (_, at) => at),
  );
  const hit = r.node("Equal", [r.reshaped(indices, [...indices.shape, 1]), positions], "bool", shape);
  if (onValue === 1 && offValue === 0) return cast(r, hit, dtype);
  return cast(r, r.node("Where", [hit, r.scalar(Math.fround(onValue)), r.scalar(Math.fround(offValue))], "float32", shape), dtype);
}

function topK({ recorder: r, input, attrs }: KernelCall): Value[] | undefined {
  const x = input("x");
  const k = attrs["k"] as number;
  if (x.dtype === "bool" || x.shape.length === 0 || k === 0) return undefined;
  const shape = x.shape.with(-1, k);
  const flag = (value: number) => ({ kind: "int", value }) as const;
  const [values, indices] = r.nodes(
    "TopK",
    [x, r.baked("int64", [k])],
    [
      { dtype: x.dtype, shape },
      { dtype: "int64", shape },
    ],
    {
      attributes: { axis: flag(-1), largest: flag(1), sorted: flag(1) },
    },
  );
  return [values!, cast(r, indices!, "int32")];
}

function einsum({ recorder: r, list, attrs }: KernelCall): Value | undefined {
  const values = list();
  const equation = attrs["equation"] as string;
  const { allDims, summedDims, idDims } = backend_util.decodeEinsumEquation(equation, values.length);
  backend_util.checkEinsumDimSizes(allDims.length, idDims, values as never);
  if (values.some(({ dtype }) => dtype !== "float32")) return undefined;
  const sizes = new Array<number>(allDims.length).fill(1);
  for (const [at, value] of values.entries()) for (const [axis, size] of value.shape.entries()) sizes[idDims[at]![axis]!] = size;
  const shape = sizes.slice(0, allDims.length - summedDims.length);
  return r.node("Einsum", values, "float32", shape, { attributes: { equation: { kind: "string", value: equation } } });
}

export const gatherKernels: readonly NativeKernel[] = [
  native("GatherV2", gather),
  native("GatherNd", gatherNd),
  composed("ScatterNd", scatterNd),
  composed("UnsortedSegmentSum", unsortedSegmentSum),
  composed("OneHot", oneHot),
  composed("TopK", topK),
  native("Einsum", einsum),
];
