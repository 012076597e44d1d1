import { backend_util, gather_util, scatter_util, util } from "@tensorflow/tfjs-core";
import { sizeOf } from "../element-arrays.js";
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
  const indices = cast(r, r.reshaped(rowOf, [ids.shape[0]!, 1]), "int64");
  const shape = [rows, ...rest];
  const sums = r.node("ScatterND", [r.splat("float32", shape, 0), indices, x], "float32", shape, {
    attributes: { reduction: { kind: "string", value: "add" } },
  });
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
  return r.node("ScatterND", [r.splat("float32", shape, 0), cast(r, indices, "int64"), r.reshaped(updates, expected)], "float32", shape, {
    attributes: { reduction: { kind: "string", value: "add" } },
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
