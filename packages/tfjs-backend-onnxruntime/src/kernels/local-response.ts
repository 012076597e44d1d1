import { sizeOf } from "../element-arrays.js";
import type { Recorder } from "../recorder.js";
import type { Value } from "../value.js";
import { elementwise } from "./binary.js";
import { composed, type KernelCall, type NativeKernel } from "./kernel.js";

/** Sum over the channels at most `radius` away: an average that counts what lies beyond the ends as zeros. */
function neighbours(r: Recorder, x: Value, radius: number): Value {
  const size = 2 * radius + 1;
  const channels = x.shape.at(-1)!;
  const rows = [sizeOf(x.shape) / channels, 1, channels];
  const attributes = {
    kernel_shape: { kind: "ints", value: [size] },
    pads: { kind: "ints", value: [radius, radius] },
    count_include_pad: { kind: "int", value: 1 },
  } as const;
  const averages = r.node("AveragePool", [r.reshaped(x, rows)], "float32", rows, { attributes });
  return r.node("Mul", [r.reshaped(averages, x.shape), r.scalar(size)], "float32", x.shape);
}

interface Parts {
  readonly x: Value;
  readonly norm: Value;
  readonly scale: Value;
}

/** `bias + alpha · Σ x²` over the neighbours, and its power `−beta`. */
function parts({ recorder: r, input, attrs }: KernelCall): Parts | undefined {
  const x = input("x");
  const number = (name: string) => r.scalar(Math.fround(attrs[name] as number));
  if (x.dtype !== "float32" || !Number.isInteger(attrs["depthRadius"])) return undefined;
  const sum = neighbours(r, elementwise(r, "Mul", x, x), attrs["depthRadius"] as number);
  const norm = elementwise(r, "Add", elementwise(r, "Mul", sum, number("alpha")), number("bias"));
  return { x, norm, scale: elementwise(r, "Pow", norm, r.scalar(Math.fround(-(attrs["beta"] as number)))) };
}

function normalise(call: KernelCall): Value | undefined {
  const found = parts(call);
  return found && elementwise(call.recorder, "Mul", found.x, found.scale);
}

/** dx = dy · norm^−beta − 2 alpha beta · x · Σ (dy · y / norm) over the neighbours. */
function gradient(call: KernelCall): Value | undefined {
  const { recorder: r, input, attrs } = call;
  const found = parts(call);
  const [y, dy] = [input("y"), input("dy")];
  if (found === undefined || y.dtype !== "float32" || dy.dtype !== "float32") return undefined;
  const weighted = neighbours(r, elementwise(r, "Div", elementwise(r, "Mul", dy, y), found.norm), attrs["depthRadius"] as number);
  const factor = r.scalar(Math.fround(2 * (attrs["alpha"] as number) * (attrs["beta"] as number)));
  const through = elementwise(r, "Mul", elementwise(r, "Mul", found.x, weighted), factor);
  return elementwise(r, "Sub", elementwise(r, "Mul", dy, found.scale), through);
}

export const localResponseKernels: readonly NativeKernel[] = [composed("LRN", normalise), composed("LRNGrad", gradient)];
