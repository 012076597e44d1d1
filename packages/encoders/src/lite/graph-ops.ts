import { IncompatibleError } from "@quaterion/core";
import type { OnnxAttribute } from "@quaterion/formats";
import type { GraphTensor } from "./weights.js";

/** A value of an attribute in `model.json`; whole numbers are written as texts there. */
export interface GraphAttribute {
  readonly i?: string | number;
  readonly b?: boolean;
  readonly type?: number;
  readonly list?: { readonly i?: readonly (string | number)[] };
  readonly shape?: { readonly dim?: readonly { readonly size: string | number }[] };
}

/** A node of a TensorFlow graph whose ONNX form is being written. */
export interface GraphSite {
  readonly name: string;
  readonly op: string;
  /** How many inputs it has. */
  readonly inputs: number;
  readonly attributes: Readonly<Record<string, GraphAttribute>>;
  /** Name of the ONNX value that input `i` is. */
  input(i: number): string;
  /** Input `i`, which must not depend on the graph's inputs. @throws {IncompatibleError} when it does */
  constant(i: number): GraphTensor;
  /** Name of a new int64 constant: a list, or a scalar. */
  integers(values: readonly (number | bigint)[] | number): string;
  /** Name of a new float32 constant. */
  floats(data: Float32Array, shape: readonly number[]): string;
  /** Writes one ONNX node and returns the name of its value: the last that a site writes is the site's value. */
  write(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, OnnxAttribute>>, options?: WriteOptions): string;
}

export interface WriteOptions {
  domain?: string | undefined;
  /** How many values the node gives; default 1. */
  outputs?: number | undefined;
}

/** ONNX's element types for TensorFlow's: whole numbers of either size are int64, since shapes are. */
const elementTypes: Readonly<Record<number, number>> = { 1: 1, 3: 7, 9: 7, 10: 9 };

const toTheEnd = 2n ** 63n - 1n;
const int = (value: number): OnnxAttribute => ({ kind: "int", value });
const ints = (value: readonly number[]): OnnxAttribute => ({ kind: "ints", value });
const list = ({ data }: GraphTensor): number[] => [...data];
const flag = (site: GraphSite, name: string): boolean => site.attributes[name]?.b === true;
const bit = (site: GraphSite, mask: string, axis: number): boolean => ((Number(site.attributes[mask]?.i ?? 0) >> axis) & 1) === 1;
const all = (site: GraphSite, count = site.inputs): string[] => Array.from({ length: count }, (_, i) => site.input(i));

type WriteOp = (site: GraphSite) => unknown;

/** The same operation under another name. */
const same =
  (op: string): WriteOp =>
  (site) =>
    site.write(op, all(site));

/** A reduction whose axes are an attribute in ONNX (operator set 17). */
const reduction =
  (op: string): WriteOp =>
  (site) =>
    site.write(op, [site.input(0)], { axes: ints(list(site.constant(1))), keepdims: int(flag(site, "keep_dims") ? 1 : 0) });

const product =
  (transposeA: string, transposeB: string): WriteOp =>
  (site) => {
    const [transA, transB] = [flag(site, transposeA), flag(site, transposeB)];
    if (!transA && !transB) return site.write("MatMul", all(site));
    return site.write("FusedMatMul", all(site), { transA: int(+transA), transB: int(+transB) }, { domain: "com.microsoft" });
  };

/** How each TensorFlow operation is written in ONNX, operator set 17. What is a constant input there and an attribute here must be constant. */
export const graphOps: Readonly<Record<string, WriteOp>> = {
  Add: same("Add"),
  BiasAdd: same("Add"),
  Cos: same("Cos"),
  GatherNd: same("GatherND"),
  Greater: same("Greater"),
  Less: same("Less"),
  LogicalNot: same("Not"),
  Maximum: same("Max"),
  Mul: same("Mul"),
  Range: same("Range"),
  RealDiv: same("Div"),
  Relu: same("Relu"),
  Reshape: same("Reshape"),
  Shape: same("Shape"),
  Sin: same("Sin"),
  Sub: same("Sub"),
  Tanh: same("Tanh"),
  Max: reduction("ReduceMax"),
  Mean: reduction("ReduceMean"),
  Prod: reduction("ReduceProd"),
  Sum: (site) =>
    site.write("ReduceSum", [site.input(0), site.integers(list(site.constant(1)))], { keepdims: int(flag(site, "keep_dims") ? 1 : 0) }),
  MatMul: product("transpose_a", "transpose_b"),
  BatchMatMul: product("adj_x", "adj_y"),
  Square: (site) => site.write("Mul", [site.input(0), site.input(0)]),
  Rsqrt: (site) => site.write("Reciprocal", [site.write("Sqrt", [site.input(0)])]),
  Softmax: (site) => site.write("Softmax", [site.input(0)], { axis: int(-1) }),
  Cast(site) {
    const to = elementTypes[site.attributes.DstT?.type ?? 0];
    if (to === undefined) throw new IncompatibleError(`Node "${site.name}": casts to type ${site.attributes.DstT?.type} are not known.`);
    site.write("Cast", [site.input(0)], { to: int(to) });
  },
  // Coordinates of the true elements, one a row: NonZero has them one a column.
  Where: (site) => site.write("Transpose", [site.write("NonZero", [site.input(0)])]),
  ExpandDims: (site) => site.write("Unsqueeze", [site.input(0), site.integers(list(site.constant(1)))]),
  Squeeze: (site) => site.write("Squeeze", [site.input(0), site.integers((site.attributes.squeeze_dims?.list?.i ?? []).map(Number))]),
  Transpose: (site) => site.write("Transpose", [site.input(0)], { perm: ints(list(site.constant(1))) }),
  GatherV2: (site) => site.write("Gather", [site.input(0), site.input(1)], { axis: int(site.constant(2).data[0]!) }),
  ConcatV2: (site) => site.write("Concat", all(site, site.inputs - 1), { axis: int(site.constant(site.inputs - 1).data[0]!) }),
  Pack(site) {
    const axis = Number(site.attributes.axis?.i ?? 0);
    const at = site.integers([axis]);
    site.write(
      "Concat",
      all(site).map((input) => site.write("Unsqueeze", [input, at])),
      { axis: int(axis) },
    );
  },
  SplitV(site) {
    const sizes = list(site.constant(1));
    site.write("Split", [site.input(0), site.integers(sizes)], { axis: int(site.constant(2).data[0]!) }, { outputs: sizes.length });
  },
  Slice(site) {
    const [begins, sizes] = [list(site.constant(1)), list(site.constant(2))];
    const ends = begins.map((begin, axis) => (sizes[axis] === -1 ? toTheEnd : begin + sizes[axis]!));
    site.write("Slice", [site.input(0), site.integers(begins), site.integers(ends)]);
  },
  StridedSlice,
  ScatterNd(site) {
    const zero = site.attributes.T?.type === 1 ? site.floats(new Float32Array(1), []) : site.integers(0);
    const zeros = site.write("Expand", [zero, site.input(2)]);
    site.write("ScatterND", [zeros, site.input(0), site.input(1)], { reduction: { kind: "string", value: "add" } });
  },
  SparseToDense: (site) => site.write("ScatterND", [site.write("Expand", [site.input(3), site.input(1)]), site.input(0), site.input(2)]),
  Conv2D(site) {
    const [height, width, channels, filters] = site.constant(1).shape as [number, number, number, number];
    const moves = [...(site.attributes.strides?.list?.i ?? []), ...(site.attributes.dilations?.list?.i ?? [])];
    if (height !== 1 || width !== 1 || moves.some((move) => Number(move) !== 1)) {
      throw new IncompatibleError(`Node "${site.name}": only 1×1 convolutions of stride 1 are known; it is ${height}×${width}.`);
    }
    // A 1×1 convolution with channels last is a product over the last axis.
    site.write("MatMul", [site.input(0), site.floats(site.constant(1).data as Float32Array, [channels, filters])]);
  },
};

/** `x[begin:end:stride, …]`: a bit of a mask leaves the begin or end of its axis out, or picks one element and drops the axis. */
function StridedSlice(site: GraphSite): void {
  const [begins, ends, strides] = [list(site.constant(1)), list(site.constant(2)), list(site.constant(3))];
  const axes = begins.map((_, axis) => axis);
  if (strides.some((stride) => stride < 1) || axes.some((axis) => bit(site, "ellipsis_mask", axis) || bit(site, "new_axis_mask", axis))) {
    throw new IncompatibleError(`Node "${site.name}": slices with "…", new axes or steps below 1 are not known.`);
  }
  const dropped = axes.filter((axis) => bit(site, "shrink_axis_mask", axis));
  const starts = axes.map((axis) => (bit(site, "begin_mask", axis) ? 0 : begins[axis]!));
  const stops = axes.map((axis) => {
    if (dropped.includes(axis)) return starts[axis] === -1 ? toTheEnd : starts[axis]! + 1;
    return bit(site, "end_mask", axis) ? toTheEnd : ends[axis]!;
  });
  const part = site.write("Slice", [
    site.input(0),
    site.integers(starts),
    site.integers(stops),
    site.integers(axes),
    site.integers(strides),
  ]);
  if (dropped.length > 0) site.write("Squeeze", [part, site.integers(dropped)]);
}
