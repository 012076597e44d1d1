import type { Recorder } from "../recorder.js";
import type { Value } from "../value.js";

/** The axes in another order; where only axes of size 1 move, no element does, and it is a reshape. */
export function permuted(r: Recorder, x: Value, perm: readonly number[]): Value {
  const shape = perm.map((axis) => x.shape[axis]!);
  const moved = perm.filter((axis) => x.shape[axis] !== 1);
  if (moved.every((axis, at) => at === 0 || axis > moved[at - 1]!)) return r.reshaped(x, shape);
  return r.node("Transpose", [x], x.dtype, shape, { attributes: { perm: { kind: "ints", value: [...perm] } } });
}

/** [batch, …space, channels] → [batch, channels, …space], which ONNX's convolutions and pools read. */
export function channelsFirst(r: Recorder, x: Value): Value {
  const last = x.shape.length - 1;
  return permuted(r, x, [0, last, ...x.shape.slice(1, -1).map((_, at) => at + 1)]);
}

/** [batch, channels, …space] → [batch, …space, channels]. */
export function channelsLast(r: Recorder, x: Value): Value {
  return permuted(r, x, [0, ...x.shape.slice(2).map((_, at) => at + 2), 1]);
}

/** Part of an array: from `starts`, `shape` elements along each axis, every `steps`-th. */
export function part(r: Recorder, x: Value, starts: readonly number[], shape: readonly number[], steps = shape.map(() => 1)): Value {
  if (shape.every((size, axis) => size === x.shape[axis] && steps[axis] === 1)) return x;
  const ends = shape.map((size, axis) => starts[axis]! + (size - 1) * steps[axis]! + 1);
  const axes = shape.map((_, axis) => axis);
  return r.node(
    "Slice",
    [x, r.baked("int64", starts), r.baked("int64", ends), r.baked("int64", axes), r.baked("int64", steps)],
    x.dtype,
    shape,
  );
}

/** An array with `number` before and after its elements, along each axis. */
export function padded(r: Recorder, x: Value, before: readonly number[], after: readonly number[], number = 0): Value {
  if ([...before, ...after].every((size) => size === 0)) return x;
  const shape = x.shape.map((size, axis) => before[axis]! + size + after[axis]!);
  return r.node("Pad", [x, r.baked("int64", [...before, ...after]), r.baked(x.dtype as "float32", [number], [])], x.dtype, shape);
}
