import { backend_util } from "@tensorflow/tfjs-core";
import { currentSettings } from "../configure.js";
import { sameShape, sizeOf } from "../element-arrays.js";
import type { Recorder } from "../recorder.js";
import type { GraphDtype, Value } from "../value.js";
import { composed, type KernelCall, type NativeKernel, native } from "./kernel.js";
import { cast } from "./unary.js";

const floatsAndIntegers: readonly GraphDtype[] = ["float32", "int32"];

/** Shape that both broadcast to. */
function common(a: Value, b: Value): number[] {
  return backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
}

const folds: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Max: Math.max,
  Min: Math.min,
};

/** The number that a value is known to be, without running anything. */
function knownNumber(r: Recorder, value: Value): number | undefined {
  const data = r.known(value);
  return data !== undefined && sizeOf(value.shape) === 1 ? Number(data[0]) : undefined;
}

/**
 * An element-wise node of two operands, which ONNX broadcasts as TensorFlow.js does. An operand that is itself a broadcast copy is read before the copy,
 * so that the copy is made last or never. Float scalars that are known (a decayed learning rate, Adam's bias corrections) are computed at once.
 */
export function elementwise(r: Recorder, op: string, a: Value, b: Value, dtype: GraphDtype = a.dtype): Value {
  const shape = common(a, b);
  const fold = r.folds && dtype === "float32" && a.dtype === "float32" ? folds[op] : undefined;
  if (fold !== undefined && sizeOf(shape) === 1) {
    const [x, y] = [knownNumber(r, a), knownNumber(r, b)];
    if (x !== undefined && y !== undefined) return r.leaf("float32", shape, Float32Array.of(fold(x, y)));
  }
  const [left, right] = [unexpanded(r, a), unexpanded(r, b)];
  const before = common(left, right);
  if (sameShape(before, shape)) return r.node(op, [left, right], dtype, shape);
  return r.broadcast(r.node(op, [left, right], dtype, before), shape);
}

function unexpanded(r: Recorder, value: Value): Value {
  return value.splat === undefined ? (value.unexpanded ?? value) : r.splatScalar(value);
}

function isOne(r: Recorder, value: Value): boolean {
  return value.splat === 1 || (value.dtype === "float32" && knownNumber(r, value) === 1);
}

function arithmetic(kernelName: string, op: string, dtypes = floatsAndIntegers): NativeKernel {
  return native(kernelName, ({ recorder, input }) => {
    const a = input("a");
    const b = input("b");
    return a.dtype === b.dtype && dtypes.includes(a.dtype) ? elementwise(recorder, op, a, b) : undefined;
  });
}

function comparison(kernelName: string, op: string, dtypes = floatsAndIntegers): NativeKernel {
  return native(kernelName, ({ recorder, input }) => {
    const a = input("a");
    const b = input("b");
    return a.dtype === b.dtype && dtypes.includes(a.dtype) ? elementwise(recorder, op, a, b, "bool") : undefined;
  });
}

/**
 * (1 + e) / 2 of an error function or hyperbolic tangent, as in GELU, in one pass: ONNX's hard sigmoid, whose limits of 0 and 1 are the least and the most that this can be.
 * On WebGPU those limits would take a NaN away.
 */
function shareOf(r: Recorder, sum: Value, half: Value): Value | undefined {
  if (sum.node?.op !== "Add" || sum.data !== undefined || currentSettings().device === "webgpu" || knownNumber(r, half) !== 0.5)
    return undefined;
  const [left, right] = sum.node.inputs as [Value, Value];
  const e = isOne(r, right) ? left : isOne(r, left) ? right : undefined;
  const isBounded = e?.data === undefined && (e?.node?.op === "Erf" || e?.node?.op === "Tanh");
  if (!isBounded || !sameShape(common(sum, half), e!.shape)) return undefined;
  const attributes = { alpha: { kind: "float", value: 0.5 }, beta: { kind: "float", value: 0.5 } } as const;
  return r.node("HardSigmoid", [e!], "float32", e!.shape, { attributes });
}

/** Product; a factor that is 1 everywhere (what a sum's gradient multiplies by) only broadcasts. */
function multiply({ recorder, input }: KernelCall): Value | undefined {
  const a = input("a");
  const b = input("b");
  if (a.dtype !== b.dtype || !floatsAndIntegers.includes(a.dtype)) return undefined;
  if (isOne(recorder, b)) return recorder.broadcast(a, common(a, b));
  if (isOne(recorder, a)) return recorder.broadcast(b, common(a, b));
  const share = shareOf(recorder, a, b) ?? shareOf(recorder, b, a);
  if (share !== undefined) return share;
  const known = throughKnownProduct(recorder, a, b) ?? throughKnownProduct(recorder, b, a);
  if (known !== undefined) return known;
  const product = elementwise(recorder, "Mul", a, b);
  if (sameShape(a.shape, b.shape) && a.shape.length >= 2) recorder.products.set(pairOf(a, b), product);
  return product;
}

/**
 * (p ⊙ q) ⊙ b as p ⊙ (q ⊙ b), where q ⊙ b is recorded already and p is a column or row that is copied along q: what the gradient of a masked sum of
 * exponentials asks for (p: of each sum; q: the mask; b: the exponentials), one pass less over the matrix.
 */
function throughKnownProduct(r: Recorder, a: Value, b: Value): Value | undefined {
  const node = a.node;
  if (node?.op !== "Mul" || a.data !== undefined || !sameShape(a.shape, b.shape)) return undefined;
  for (const [p, q] of [node.inputs, node.inputs.toReversed()] as [Value, Value][]) {
    if (sizeOf(p.shape) * 2 > sizeOf(a.shape) || !sameShape(q.shape, b.shape)) continue;
    const product = r.products.get(pairOf(q, b));
    if (product !== undefined) return elementwise(r, "Mul", p, product);
  }
  return undefined;
}

/** Names two values, in whichever order. */
function pairOf(a: Value, b: Value): string {
  return a.id < b.id ? `${a.id},${b.id}` : `${b.id},${a.id}`;
}

/** Remainder with the sign of the divisor; C's remainder has the dividend's. */
function mod({ recorder: r, input }: KernelCall): Value | undefined {
  const a = input("a");
  const b = input("b");
  if (a.dtype !== b.dtype || a.dtype === "bool") return undefined;
  const shape = common(a, b);
  // int32 goes through float64, where a division by 0 is no crash.
  const dtype = a.dtype === "int32" ? "float64" : "float32";
  const [x, y] = [cast(r, a, dtype), cast(r, b, dtype)];
  const fmod = (p: Value, q: Value) => r.node("Mod", [p, q], dtype, shape, { attributes: { fmod: { kind: "int", value: 1 } } });
  const remainder = fmod(x, y);
  const zero = cast(r, r.scalar(0), dtype);
  const negative = (value: Value) => r.node("Less", [value, zero], "bool", value.shape);
  const differ = r.node("Xor", [negative(x), negative(y)], "bool", shape);
  const turned = fmod(r.node("Add", [remainder, y], dtype, shape), y);
  return cast(r, r.node("Where", [differ, turned, remainder], dtype, shape), a.dtype);
}

function select({ recorder: r, input }: KernelCall): Value | undefined {
  const [condition, t, e] = [input("condition"), input("t"), input("e")];
  if (condition.dtype !== "bool" || t.dtype !== e.dtype || !sameShape(condition.shape, t.shape) || !sameShape(t.shape, e.shape))
    return undefined;
  if (t.dtype !== "bool") {
    const parts = [condition, t, e].map((value) => unexpanded(r, value)) as [Value, Value, Value];
    const before = backend_util.assertAndGetBroadcastShape(common(parts[0], parts[1]), [...parts[2].shape]);
    return r.broadcast(r.node("Where", parts, t.dtype, before), t.shape);
  }
  const not = r.node("Not", [condition], "bool", t.shape);
  return r.node("Or", [r.node("And", [condition, t], "bool", t.shape), r.node("And", [not, e], "bool", t.shape)], "bool", t.shape);
}

/** x where it is not below 0, slope · x elsewhere: chosen, not added, so that an infinite slope only touches what is below 0. */
export function prelu(r: Recorder, x: Value, slope: Value): Value {
  const falling = elementwise(r, "Mul", x, slope);
  return r.node("Where", [r.node("Less", [x, r.scalar(0)], "bool", x.shape), falling, x], "float32", falling.shape);
}

export const binaryKernels: readonly NativeKernel[] = [
  arithmetic("Add", "Add"),
  arithmetic("Sub", "Sub"),
  composed("Multiply", multiply),
  arithmetic("RealDiv", "Div", ["float32"]),
  arithmetic("Maximum", "Max"),
  arithmetic("Minimum", "Min"),
  native("Pow", ({ recorder, input }) => {
    const a = input("a");
    const b = input("b");
    if (a.dtype !== "float32" || b.dtype !== "float32") return undefined;
    // A norm's square, and its gradient: the general power takes three times as long.
    const exponent = sameShape(common(a, b), a.shape) ? (b.splat ?? knownNumber(recorder, b)) : undefined;
    if (exponent === 1) return a;
    return exponent === 2 ? elementwise(recorder, "Mul", a, a) : elementwise(recorder, "Pow", a, b);
  }),
  composed("SquaredDifference", ({ recorder, input }) => {
    const a = input("a");
    const b = input("b");
    if (a.dtype !== b.dtype || !floatsAndIntegers.includes(a.dtype)) return undefined;
    const difference = elementwise(recorder, "Sub", a, b);
    return recorder.node("Mul", [difference, difference], a.dtype, difference.shape);
  }),
  composed("FloorDiv", ({ recorder: r, input }) => {
    const a = cast(r, input("a"), "float64");
    const b = cast(r, input("b"), "float64");
    const quotient = r.node("Div", [a, b], "float64", common(a, b));
    return cast(r, r.node("Floor", [quotient], "float64", quotient.shape), "int32");
  }),
  composed("Mod", mod),
  composed("AddN", ({ recorder, list }) => {
    const values = list();
    return values.every(({ dtype }) => dtype === "float32") ? recorder.node("Sum", values, "float32", values[0]!.shape) : undefined;
  }),
  composed("Prelu", ({ recorder: r, input }) => {
    const x = input("x");
    const alpha = input("alpha");
    return x.dtype === "float32" && alpha.dtype === "float32" ? prelu(r, x, alpha) : undefined;
  }),
  comparison("Equal", "Equal", ["float32", "int32", "bool"]),
  composed("NotEqual", ({ recorder: r, input }) => {
    const a = input("a");
    const b = input("b");
    if (a.dtype !== b.dtype) return undefined;
    const equal = elementwise(r, "Equal", a, b, "bool");
    return r.node("Not", [equal], "bool", equal.shape);
  }),
  comparison("Greater", "Greater"),
  comparison("GreaterEqual", "GreaterOrEqual"),
  comparison("Less", "Less"),
  comparison("LessEqual", "LessOrEqual"),
  comparison("LogicalAnd", "And", ["bool"]),
  comparison("LogicalOr", "Or", ["bool"]),
  composed("Select", select),
];
