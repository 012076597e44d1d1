import type { Recorder } from "../recorder.js";
import type { GraphDtype, Value } from "../value.js";
import { composed, type KernelCall, type NativeKernel, native } from "./kernel.js";

/** One ONNX node on floats; with `integers` on int32 as well. */
function unary(kernelName: string, op: string = kernelName, { integers = false } = {}): NativeKernel {
  return native(kernelName, ({ recorder, input }) => {
    const x = input("x");
    if (x.dtype !== "float32" && !(integers && x.dtype === "int32")) return undefined;
    return recorder.node(op, [x], x.dtype, x.shape);
  });
}

/** A float function made of several nodes. */
function floats(kernelName: string, record: (x: Value, r: Recorder, call: KernelCall) => Value): NativeKernel {
  return composed(kernelName, (call) => {
    const x = call.input("x");
    return x.dtype === "float32" ? record(x, call.recorder, call) : undefined;
  });
}

function predicate(kernelName: string, record: (x: Value, r: Recorder) => Value): NativeKernel {
  return composed(kernelName, ({ input, recorder }) => {
    const x = input("x");
    return x.dtype === "float32" ? record(x, recorder) : undefined;
  });
}

/** Element-wise node whose result has the shape of its first input. */
function like(r: Recorder, op: string, x: Value, ...others: Value[]): Value {
  return r.node(op, [x, ...others], x.dtype, x.shape);
}

/** Casts; floats become int32 as in JavaScript for everything within its range, and 0 outside of it (where ONNX leaves the result open). */
export function cast(r: Recorder, x: Value, dtype: GraphDtype): Value {
  if (x.dtype === dtype) return x;
  if (x.splat !== undefined && dtype !== "int64" && dtype !== "float64") {
    return r.splat(dtype, x.shape, dtype === "bool" ? Number(x.splat !== 0) : dtype === "int32" ? x.splat | 0 : x.splat);
  }
  const known = dtype === "float32" && x.dtype === "int32" ? r.known(x) : undefined;
  if (known?.length === 1) return r.leaf(dtype, x.shape, Float32Array.from(known as Int32Array));
  const to = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 }[dtype];
  let from = x;
  if ((x.dtype === "float32" || x.dtype === "float64") && dtype === "int32") {
    const limit = x.dtype === "float32" ? r.scalar(2 ** 31) : cast(r, r.scalar(2 ** 31), "float64");
    const zero = x.dtype === "float32" ? r.scalar(0) : cast(r, r.scalar(0), "float64");
    const inside = r.node("Less", [like(r, "Abs", x), limit], "bool", x.shape);
    from = r.node("Where", [inside, x, zero], x.dtype, x.shape);
  }
  return r.node("Cast", [from], dtype, x.shape, { attributes: { to: { kind: "int", value: to } } });
}

export const unaryKernels: readonly NativeKernel[] = [
  unary("Abs", "Abs", { integers: true }),
  ...["Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Cosh", "Erf", "Exp", "Floor", "Log"].map((name) => unary(name)),
  unary("Neg", "Neg", { integers: true }),
  ...["Reciprocal", "Round", "Selu", "Sigmoid", "Sinh", "Sqrt", "Tanh"].map((name) => unary(name)),
  // ONNX's Sign keeps NaN where TensorFlow.js gives 0, and takes three times as long.
  floats("Sign", (x, r) => {
    const isAbove = cast(r, r.node("Greater", [x, r.scalar(0)], "bool", x.shape), "float32");
    return like(r, "Sub", isAbove, cast(r, r.node("Less", [x, r.scalar(0)], "bool", x.shape), "float32"));
  }),
  unary("Elu", "Elu"),
  composed("Relu", ({ recorder, input }) => {
    const x = input("x");
    if (x.dtype === "int32") return recorder.node("Max", [x, recorder.scalar(0, "int32")], "int32", x.shape);
    return x.dtype === "float32" ? recorder.node("Relu", [x], "float32", x.shape) : undefined;
  }),
  floats("Relu6", (x, r) => like(r, "Clip", x, r.scalar(0), r.scalar(6))),
  floats("ClipByValue", (x, r, { attrs }) =>
    like(r, "Clip", x, r.scalar(Math.fround(attrs["clipValueMin"] as number)), r.scalar(Math.fround(attrs["clipValueMax"] as number))),
  ),
  floats("LeakyRelu", (x, r, { attrs }) =>
    r.node("LeakyRelu", [x], "float32", x.shape, { attributes: { alpha: { kind: "float", value: attrs["alpha"] as number } } }),
  ),
  floats("Rsqrt", (x, r) => like(r, "Reciprocal", like(r, "Sqrt", x))),
  composed("Square", ({ recorder, input }) => {
    const x = input("x");
    return x.dtype === "bool" ? undefined : recorder.node("Mul", [x, x], x.dtype, x.shape);
  }),
  // Both halves are exact where they are chosen: the naive formulas lose all digits near 0.
  floats("Log1p", (x, r) => {
    const small = like(r, "Mul", like(r, "Atanh", like(r, "Div", x, like(r, "Add", x, r.scalar(2)))), r.scalar(2));
    const large = like(r, "Log", like(r, "Add", x, r.scalar(1)));
    return r.node("Where", [r.node("Less", [x, r.scalar(1)], "bool", x.shape), small, large], "float32", x.shape);
  }),
  // max(x, 0) + log(1 + e^−|x|). ONNX Runtime's own node takes four times as long, and gives 0 below −17. What the sum loses of a small e^−|x| is added back.
  floats("Softplus", (x, r) => {
    const decay = like(r, "Exp", like(r, "Neg", like(r, "Abs", x)));
    const sum = like(r, "Add", decay, r.scalar(1));
    const lost = like(r, "Sub", decay, like(r, "Sub", sum, r.scalar(1)));
    return like(r, "Add", like(r, "Relu", x), like(r, "Add", like(r, "Log", sum), lost));
  }),
  floats("Expm1", (x, r) => {
    const half = like(r, "Tanh", like(r, "Mul", x, r.scalar(0.5)));
    const small = like(r, "Div", like(r, "Mul", half, r.scalar(2)), r.node("Sub", [r.scalar(1), half], "float32", x.shape));
    const large = like(r, "Sub", like(r, "Exp", x), r.scalar(1));
    return r.node("Where", [r.node("Less", [like(r, "Abs", x), r.scalar(1)], "bool", x.shape), small, large], "float32", x.shape);
  }),
  // Ceil takes (0, 1] to 1 and keeps NaN; cheaper than a comparison and a choice.
  floats("Step", (x, r, { attrs }) => {
    const alpha = (attrs["alpha"] as number | undefined) ?? 0;
    const step = like(r, "Clip", like(r, "Ceil", x), r.scalar(0), r.scalar(1));
    return alpha === 0 ? step : like(r, "Add", like(r, "Mul", step, r.scalar(Math.fround(1 - alpha))), r.scalar(Math.fround(alpha)));
  }),
  composed("EluGrad", ({ recorder: r, input }) => {
    const dy = input("dy");
    const y = input("y");
    const slope = like(r, "Add", like(r, "Min", y, r.scalar(0)), r.scalar(1));
    return r.node("Mul", [dy, slope], "float32", y.shape);
  }),
  predicate("IsNan", (x, r) => r.node("IsNaN", [x], "bool", x.shape)),
  predicate("IsInf", (x, r) => r.node("IsInf", [x], "bool", x.shape)),
  predicate("IsFinite", (x, r) => r.node("Less", [like(r, "Abs", x), r.scalar(Number.POSITIVE_INFINITY)], "bool", x.shape)),
  native("LogicalNot", ({ recorder, input }) => {
    const x = input("x");
    return x.dtype === "bool" ? recorder.node("Not", [x], "bool", x.shape) : undefined;
  }),
  native("Cast", ({ recorder, input, attrs }) => {
    const dtype = attrs["dtype"] as GraphDtype | "complex64" | "string";
    return dtype === "complex64" || dtype === "string" ? undefined : cast(recorder, input("x"), dtype);
  }),
];
