import { scatter_util } from "@tensorflow/tfjs-core";
import { sizeOf } from "../element-arrays.js";
import type { Recorder } from "../recorder.js";
import type { GraphData, Value } from "../value.js";
import { composed, type KernelCall, type NativeKernel } from "./kernel.js";
import { cast } from "./unary.js";

/**
 * Puts slices of `updates` into `target`. ONNX leaves open which of several updates of one place wins (TensorFlow.js takes the last), and has no message for
 * one outside: so the indices must be known, and different.
 */
function put(r: Recorder, target: Value, indices: Value, elements: GraphData | undefined, updates: Value): Value | undefined {
  if (elements === undefined || indices.dtype !== "int32" || updates.dtype !== target.dtype) return undefined;
  const { sliceRank, numUpdates, strides } = scatter_util.calculateShapes(updates as never, indices as never, [...target.shape]);
  if (sliceRank === 0 || numUpdates === 0 || sizeOf(target.shape) <= 1) return undefined;
  const seen = new Set<number>();
  for (let at = 0; at < numUpdates; at++) {
    let place = 0;
    for (let axis = 0; axis < sliceRank; axis++) {
      const index = Number(elements[at * sliceRank + axis]!);
      if (index < 0 || index >= target.shape[axis]!) return undefined;
      place += index * strides[axis]!;
    }
    if (seen.has(place)) return undefined;
    seen.add(place);
  }
  const slice = target.shape.slice(sliceRank);
  const rows = r.reshaped(indices, [numUpdates, sliceRank]);
  const shape = [numUpdates, ...slice];
  const given = sizeOf(updates.shape) === sizeOf(shape) ? r.reshaped(updates, shape) : r.broadcast(updates, shape);
  return r.node("ScatterND", [target, cast(r, rows, "int64"), given], target.dtype, target.shape);
}

export const scatterKernels: readonly NativeKernel[] = [
  composed("TensorScatterUpdate", ({ recorder, input, known }: KernelCall) =>
    put(recorder, input("tensor"), input("indices"), known("indices"), input("updates")),
  ),
];
