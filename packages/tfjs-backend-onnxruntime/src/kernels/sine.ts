import { currentSettings } from "../configure.js";
import type { Recorder } from "../recorder.js";
import type { Value } from "../value.js";
import { type NativeKernel, native } from "./kernel.js";

/** π in three parts: a whole number below 2¹⁵ times either of the first two is exact in float32. */
const piParts = [3.140625, 0.0009670257568359375, Math.PI - 3.140625 - 0.0009670257568359375] as const;
/** Taylor's coefficients of x³, x⁵, …, x¹¹: within ±π/2 what is left out is below 6e−8. */
const coefficients = [3, 5, 7, 9, 11].map((power) => (power % 4 === 3 ? -1 : 1) / factorial(power));

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

/**
 * sin(x + quarters · π/2) to float32's rounding, of sums and products alone: WebGPU's shading language allows its own sine an error of 2⁻¹¹.
 * With the multiple of π that lies nearest taken away, the sine is ± that of the rest.
 */
function exactSine(r: Recorder, x: Value, quarters: 0 | 1): Value {
  const like = (op: string, ...inputs: Value[]) => r.node(op, inputs, "float32", x.shape);
  const number = (value: number) => r.scalar(Math.fround(value));
  const turns = like("Add", like("Mul", x, number(1 / Math.PI)), number(quarters / 2));
  const halfTurns = like("Round", turns);
  // cos(x) = sin(x + π/2): the multiples are taken off x itself, so that no digit is lost in that sum.
  const away = quarters === 0 ? halfTurns : like("Sub", halfTurns, number(0.5));
  const rest = piParts.reduce((left, part) => like("Sub", left, like("Mul", away, number(part))), x);
  const square = like("Mul", rest, rest);
  const tail = coefficients.reduceRight<Value | undefined>(
    (sum, coefficient) => like("Mul", square, sum === undefined ? number(coefficient) : like("Add", sum, number(coefficient))),
    undefined,
  )!;
  const sine = like("Add", rest, like("Mul", rest, tail));
  const half = like("Mul", halfTurns, number(0.5));
  // 0 where the multiple is even, 1 where it is odd.
  const odd = like("Mul", like("Sub", half, like("Floor", half)), number(2));
  return like("Mul", sine, like("Sub", number(1), like("Mul", odd, number(2))));
}

function sine(kernelName: "Sin" | "Cos", quarters: 0 | 1): NativeKernel {
  return native(kernelName, ({ recorder, input }) => {
    const x = input("x");
    if (x.dtype !== "float32") return undefined;
    return currentSettings().device === "webgpu" ? exactSine(recorder, x, quarters) : recorder.node(kernelName, [x], "float32", x.shape);
  });
}

export const sineKernels: readonly NativeKernel[] = [sine("Sin", 0), sine("Cos", 1)];
