import { util } from "@tensorflow/tfjs-core";
import type { Recorder, Value } from "../recorder.js";
import { composed, type KernelCall, type NativeKernel } from "./kernel.js";
import { padded, part } from "./layout.js";

/** The array moved along an axis, ones where it leaves. */
function moved(r: Recorder, x: Value, axis: number, by: number, reverse: boolean): Value {
  const size = x.shape[axis]! - by;
  const zeros = x.shape.map(() => 0);
  const kept = part(r, x, reverse ? zeros.with(axis, by) : zeros, x.shape.with(axis, size));
  return padded(r, kept, reverse ? zeros : zeros.with(axis, by), reverse ? zeros.with(axis, by) : zeros, 1);
}

/** Products of 2, 4, 8, … neighbours. */
function cumprod({ recorder: r, input, attrs }: KernelCall): Value | undefined {
  const x = input("x");
  if (x.dtype !== "float32" || x.shape.length === 0) return undefined;
  const [axis] = util.parseAxisParam(attrs["axis"] as number, [...x.shape]);
  const reverse = Boolean(attrs["reverse"]);
  const size = x.shape[axis!]!;
  let product = attrs["exclusive"] ? moved(r, x, axis!, 1, reverse) : x;
  for (let by = 1; by < size; by *= 2) product = r.node("Mul", [product, moved(r, product, axis!, by, reverse)], "float32", x.shape);
  return product;
}

export const runningProductKernels: readonly NativeKernel[] = [composed("Cumprod", cumprod)];
