import { currentSettings } from "../configure.js";
import type { Recorder } from "../recorder.js";
import type { Value } from "../value.js";
import { composed, type KernelCall, type NativeKernel, native } from "./kernel.js";
import { channelsFirst, channelsLast } from "./layout.js";
import { cast } from "./unary.js";

interface Rule {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** For each new position along an axis: the old positions below and above it, and how far it lies towards the upper one. */
interface Places {
  readonly below: readonly number[];
  readonly above: readonly number[];
  readonly share: readonly number[];
}

function ratio(from: number, to: number, { alignCorners }: Rule): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}

function linearPlaces(from: number, to: number, rule: Rule): Places {
  const scale = ratio(from, to, rule);
  const places = Array.from({ length: to }, (_, at) => (rule.halfPixelCenters ? scale * (at + 0.5) - 0.5 : scale * at));
  const below = places.map((place) => Math.max(0, Math.floor(place)));
  const above = places.map((place) => Math.min(from - 1, Math.ceil(place)));
  // Where both are one pixel, the share counts for nothing.
  return { below, above, share: places.map((place, at) => (below[at] === above[at] ? 0 : place - below[at]!)) };
}

function nearestPlaces(from: number, to: number, rule: Rule): number[] {
  const scale = ratio(from, to, rule);
  return Array.from({ length: to }, (_, at) => {
    const place = rule.halfPixelCenters ? scale * (at + 0.5) : scale * at;
    return Math.max(0, Math.min(from - 1, rule.alignCorners ? Math.round(place) : Math.floor(place)));
  });
}

function ruleOf({ attrs }: KernelCall): Rule {
  return { alignCorners: Boolean(attrs["alignCorners"]), halfPixelCenters: Boolean(attrs["halfPixelCenters"]) };
}

function pick(r: Recorder, x: Value, axis: number, places: readonly number[]): Value {
  if (places.length === x.shape[axis] && places.every((place, at) => place === at)) return x;
  const attributes = { axis: { kind: "int", value: axis } } as const;
  return r.node("Gather", [x, r.baked("int32", places)], x.dtype, x.shape.with(axis, places.length), { attributes });
}

/** The gradient of a resampling along one axis: a product with its matrix, transposed. A NaN in dy reaches the whole axis by it. */
function spread(r: Recorder, dy: Value, axis: number, from: number, entries: readonly (readonly [row: number, part: number])[][]): Value {
  const to = entries.length;
  const matrix = new Float32Array(from * to);
  for (const [column, parts] of entries.entries()) for (const [row, part] of parts) matrix[row * to + column]! += part;
  const before = dy.shape.slice(0, axis);
  const after = dy.shape.slice(axis + 1);
  const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
  const stack = r.reshaped(dy, [size(before), to, size(after)]);
  const product = r.node("MatMul", [r.leaf("float32", [from, to], matrix), stack], "float32", [size(before), from, size(after)]);
  return r.reshaped(product, [...before, from, ...after]);
}

function bilinear(call: KernelCall): Value | undefined {
  const { recorder: r, input, attrs } = call;
  const images = input("images");
  if (images.dtype === "bool") return undefined;
  const { alignCorners, halfPixelCenters } = ruleOf(call);
  const mode = alignCorners ? "align_corners" : halfPixelCenters ? "half_pixel" : "asymmetric";
  const shape = [images.shape[0]!, ...(attrs["size"] as [number, number]), images.shape[3]!];
  const resize = (x: Value, to: number[]) =>
    r.node("Resize", [x, undefined, undefined, r.baked("int64", to)], "float32", to, {
      attributes: { mode: { kind: "string", value: "linear" }, coordinate_transformation_mode: { kind: "string", value: mode } },
    });
  const x = cast(r, images, "float32");
  // ONNX Runtime's WebGPU provider (1.30) takes the last two axes for those that change, whichever do.
  if (currentSettings().device !== "webgpu") return resize(x, shape);
  return channelsLast(r, resize(channelsFirst(r, x), [shape[0]!, shape[3]!, shape[1]!, shape[2]!]));
}

function nearest(call: KernelCall): Value {
  const { recorder: r, input, attrs } = call;
  const x = input("images");
  const [height, width] = attrs["size"] as [number, number];
  const rule = ruleOf(call);
  return pick(r, pick(r, x, 1, nearestPlaces(x.shape[1]!, height, rule)), 2, nearestPlaces(x.shape[2]!, width, rule));
}

/** The exact gradient of the resampling: of half-pixel centers as well, which tfjs-backend-cpu leaves out of account. */
function gradient(entriesOf: (from: number, to: number, rule: Rule) => (readonly [number, number])[][]): NativeKernel["record"] {
  return (call) => {
    const { recorder: r, input } = call;
    const [images, dy] = [input("images"), input("dy")];
    if (images.dtype !== "float32" || dy.dtype !== "float32") return undefined;
    const rule = ruleOf(call);
    const rows = spread(r, dy, 1, images.shape[1]!, entriesOf(images.shape[1]!, dy.shape[1]!, rule));
    return spread(r, rows, 2, images.shape[2]!, entriesOf(images.shape[2]!, dy.shape[2]!, rule));
  };
}

function linearEntries(from: number, to: number, rule: Rule): (readonly [number, number])[][] {
  const { below, above, share } = linearPlaces(from, to, rule);
  return share.map((part, at) => [[below[at]!, 1 - part] as const, [above[at]!, part] as const]);
}

function nearestEntries(from: number, to: number, rule: Rule): (readonly [number, number])[][] {
  return nearestPlaces(from, to, rule).map((place) => [[place, 1] as const]);
}

export const resizeKernels: readonly NativeKernel[] = [
  native("ResizeBilinear", bilinear),
  composed("ResizeNearestNeighbor", nearest),
  composed("ResizeBilinearGrad", gradient(linearEntries)),
  composed("ResizeNearestNeighborGrad", gradient(nearestEntries)),
];
