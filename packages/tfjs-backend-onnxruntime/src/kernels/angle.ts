import type { Recorder } from "../recorder.js";
import type { Value } from "../value.js";
import { elementwise } from "./binary.js";
import { composed, type NativeKernel } from "./kernel.js";

/** Is the sign bit set? −0 is told by its reciprocal, −Infinity by itself. */
function isNegative(r: Recorder, x: Value): Value {
  const below = (value: Value) => r.node("Less", [value, r.scalar(0)], "bool", x.shape);
  return r.node("Or", [below(x), below(r.node("Reciprocal", [x], "float32", x.shape))], "bool", x.shape);
}

/** The angle of (b, a): that of their quotient, turned by half a circle where b is negative. */
function atan2(r: Recorder, a: Value, b: Value): Value {
  const quotient = elementwise(r, "Div", a, b);
  const { shape } = quotient;
  const like = (op: string, ...inputs: Value[]) => r.node(op, inputs, "float32", shape);
  // 0 / 0 and ∞ / ∞ are NaN; the product, brought to [−1, 1], has the quotient's sign and is what it should be.
  const limit = like("Clip", elementwise(r, "Mul", a, b), r.scalar(-1), r.scalar(1));
  const angle = like("Atan", like("Where", r.node("IsNaN", [quotient], "bool", shape), limit, quotient));
  const pi = Math.fround(Math.PI);
  const half = r.node("Where", [isNegative(r, a), r.scalar(-pi), r.scalar(pi)], "float32", a.shape);
  return like("Where", isNegative(r, b), like("Add", angle, half), angle);
}

export const angleKernels: readonly NativeKernel[] = [
  composed("Atan2", ({ recorder, input }) => {
    const [a, b] = [input("a"), input("b")];
    return a.dtype === "float32" && b.dtype === "float32" ? atan2(recorder, a, b) : undefined;
  }),
];
