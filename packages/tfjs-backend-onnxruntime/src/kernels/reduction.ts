import { backend_util, util } from "@tensorflow/tfjs-core";
import { currentSettings } from "../configure.js";
import { sizeOf } from "../element-arrays.js";
import type { Recorder } from "../recorder.js";
import type { Value } from "../value.js";
import { composed, type KernelCall, type NativeKernel, native } from "./kernel.js";
import { part } from "./layout.js";
import { cast } from "./unary.js";

interface Reduction {
  x: Value;
  axes: number[];
  keepDims: boolean;
  shape: number[];
}

function reduction({ input, attrs }: KernelCall): Reduction {
  const x = input("x");
  const axes = util.parseAxisParam((attrs["axis"] ?? attrs["reductionIndices"]) as number | number[], [...x.shape]);
  const keepDims = (attrs["keepDims"] as boolean | undefined) ?? false;
  const [reduced] = backend_util.computeOutAndReduceShapes([...x.shape], axes);
  return { x, axes, keepDims, shape: keepDims ? backend_util.expandShapeToKeepDim(reduced, axes) : reduced };
}

/** A reducing node. Only ReduceSum takes its axes as an input in this operator set. */
function reduce(r: Recorder, op: string, x: Value, { axes, keepDims, shape }: Reduction): Value {
  const keepdims = { kind: "int", value: keepDims ? 1 : 0 } as const;
  if (axes.length === 0) return x;
  if (op === "ReduceSum") return r.node(op, [x, r.baked("int64", axes)], x.dtype, shape, { attributes: { keepdims } });
  return r.node(op, [x], x.dtype, shape, { attributes: { axes: { kind: "ints", value: axes }, keepdims } });
}

/** From this many elements on, the sum of a matrix's rows is a product. */
const smallMatrix = 4096;

/**
 * A sum over the first axes (the gradient of a bias) as the product of a row of ones and a matrix, which takes a third of the time of ONNX Runtime's sum;
 * nothing where it is no such sum, or a small one.
 */
function sumOfRows(r: Recorder, x: Value, { axes, shape }: Reduction): Value | undefined {
  const rows = sizeOf(x.shape.slice(0, axes.length));
  const columns = sizeOf(x.shape.slice(axes.length));
  const areFirst = axes.length > 0 && axes.every((axis, at) => axis === at);
  if (!r.folds || !areFirst || x.dtype !== "float32" || rows * columns < smallMatrix || rows < 16 || columns < 16) return undefined;
  if (currentSettings().device !== "cpu") return undefined;
  const matrix = r.reshaped(x, [rows, columns]);
  return r.reshaped(r.node("MatMul", [r.splat("float32", [rows], 1), matrix], "float32", [columns]), shape);
}

/** ONNX Runtime's maximum and minimum may pass over a NaN. Clip(x, 0, 0) is 0 for every number and NaN for NaN, so its sum tells. */
function extreme(op: "ReduceMax" | "ReduceMin"): NativeKernel["record"] {
  return (call) => {
    const found = reduction(call);
    const { x, axes, shape } = found;
    if (x.dtype === "bool") return undefined;
    const r = call.recorder;
    const result = reduce(r, op, x, found);
    if (x.dtype === "int32" || axes.length === 0) return result;
    const nans = reduce(r, "ReduceSum", r.node("Clip", [x, r.scalar(0), r.scalar(0)], "float32", x.shape), found);
    return r.node("Add", [result, nans], "float32", shape);
  };
}

function position(op: "ArgMax" | "ArgMin"): NativeKernel["record"] {
  return ({ recorder: r, input, attrs }) => {
    const x = input("x");
    if (x.dtype === "bool" || x.shape.length === 0) return undefined;
    const [axis] = util.parseAxisParam(attrs["axis"] as number, [...x.shape]);
    const shape = x.shape.filter((_, at) => at !== axis);
    let numbers = x;
    if (x.dtype === "float32") {
      // A NaN is passed over.
      const worst = r.scalar(op === "ArgMax" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
      numbers = r.node("Where", [r.node("IsNaN", [x], "bool", x.shape), worst, x], "float32", x.shape);
    }
    const attributes = { axis: { kind: "int", value: axis! }, keepdims: { kind: "int", value: 0 } } as const;
    const found = cast(r, r.node(op, [numbers], "int64", shape, { attributes }), "int32");
    if (x.dtype !== "float32" || x.shape[axis!] === 1) return found;
    // Where the search begins with a NaN, nothing is greater or less than it, and it stays there.
    const first = r.reshaped(
      part(
        r,
        x,
        x.shape.map(() => 0),
        x.shape.with(axis!, 1),
      ),
      shape,
    );
    return r.node("Where", [r.node("IsNaN", [first], "bool", shape), r.scalar(0, "int32"), found], "int32", shape);
  };
}

function logical(op: "ReduceMin" | "ReduceMax"): NativeKernel["record"] {
  return (call) => {
    const found = reduction(call);
    if (found.x.dtype !== "bool") return undefined;
    return cast(call.recorder, reduce(call.recorder, op, cast(call.recorder, found.x, "int32"), found), "bool");
  };
}

export const reductionKernels: readonly NativeKernel[] = [
  native("Sum", (call) => {
    const found = reduction(call);
    const { splat, dtype, shape } = found.x;
    // The number of what counts, where all counts.
    if (call.recorder.folds && splat !== undefined && dtype === "float32")
      return call.recorder.splat(dtype, found.shape, Math.fround((splat * sizeOf(shape)) / sizeOf(found.shape)));
    const x = cast(call.recorder, found.x, dtype === "bool" ? "int32" : dtype);
    return sumOfRows(call.recorder, x, found) ?? reduce(call.recorder, "ReduceSum", x, found);
  }),
  native("Mean", (call) => {
    const found = reduction(call);
    return reduce(call.recorder, "ReduceMean", cast(call.recorder, found.x, "float32"), found);
  }),
  native("Prod", (call) => {
    const found = reduction(call);
    return found.x.dtype === "float32" ? reduce(call.recorder, "ReduceProd", found.x, found) : undefined;
  }),
  composed("Max", extreme("ReduceMax")),
  composed("Min", extreme("ReduceMin")),
  composed("All", logical("ReduceMin")),
  composed("Any", logical("ReduceMax")),
  composed("ArgMax", position("ArgMax")),
  composed("ArgMin", position("ArgMin")),
  native("Softmax", ({ recorder, input, attrs }) => {
    const logits = input("logits");
    const axis = ((attrs["dim"] as number) + logits.shape.length) % logits.shape.length;
    if (logits.dtype !== "float32") return undefined;
    return recorder.node("Softmax", [logits], "float32", logits.shape, { attributes: { axis: { kind: "int", value: axis } } });
  }),
  native("Cumsum", ({ recorder, input, attrs }) => {
    const x = input("x");
    if (x.dtype === "bool" || x.shape.length === 0) return undefined;
    const [axis] = util.parseAxisParam(attrs["axis"] as number, [...x.shape]);
    const flag = (name: string) => ({ kind: "int", value: attrs[name] ? 1 : 0 }) as const;
    return recorder.node("CumSum", [x, recorder.baked("int64", [axis!], [])], x.dtype, x.shape, {
      attributes: { exclusive: flag("exclusive"), reverse: flag("reverse") },
    });
  }),
];
