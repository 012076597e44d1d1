import { util } from "@tensorflow/tfjs-core";
import { sameShape } from "../element-arrays.js";
import type { Value } from "../value.js";
import { elementwise } from "./binary.js";
import { composed, type KernelCall, type NativeKernel } from "./kernel.js";

/** (x − mean) · scale / √(variance + ε) + offset. What does not depend on x is computed first, on the few elements that it has. */
function batchNormalization({ recorder: r, input, optional, attrs }: KernelCall): Value | undefined {
  const [x, mean, variance, scale, offset] = [input("x"), input("mean"), input("variance"), optional("scale"), optional("offset")];
  const others = [mean, variance, scale, offset].filter((value) => value !== undefined);
  const message = (name: string) => `Batch normalization gradient requires mean and ${name} to have equal ranks.`;
  util.assert(mean.shape.length === variance.shape.length, () => message("variance"));
  util.assert(offset === undefined || mean.shape.length === offset.shape.length, () => message("offset"));
  util.assert(scale === undefined || mean.shape.length === scale.shape.length, () => message("scale"));
  // The CPU kernel repeats shorter operands whatever their shape; where that is not broadcasting, it is left to it.
  const fits = (shape: readonly number[]) => sameShape(shape, x.shape.slice(x.shape.length - shape.length));
  if ([x, ...others].some(({ dtype }) => dtype !== "float32") || !others.every(({ shape }) => fits(shape))) return undefined;
  const epsilon = r.scalar(Math.fround((attrs["varianceEpsilon"] as number | undefined) ?? 0.001));
  const deviation = r.node("Sqrt", [elementwise(r, "Add", variance, epsilon)], "float32", variance.shape);
  const slope =
    scale === undefined ? r.node("Reciprocal", [deviation], "float32", deviation.shape) : elementwise(r, "Div", scale, deviation);
  const scaled = elementwise(r, "Mul", elementwise(r, "Sub", x, mean), slope);
  return offset === undefined ? scaled : elementwise(r, "Add", scaled, offset);
}

export const batchNormalizationKernels: readonly NativeKernel[] = [composed("FusedBatchNorm", batchNormalization)];
