import { encodeOnnxModel } from "@quaterion/formats";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import type { GraphAttribute } from "./graph-ops.js";
import { type GraphNode, graphToOnnx } from "./graph-to-onnx.js";
import type { GraphTensor } from "./weights.js";

type Attributes = Record<string, GraphAttribute>;
const float = { type: 1 };
const whole = { type: 3 };
const truth = { type: 10 };
const floats = (shape: number[], ...data: number[]): GraphTensor => ({ shape, data: Float32Array.from(data) });
const integers = (shape: number[], ...data: number[]): GraphTensor => ({ shape, data: Int32Array.from(data) });
const list = (...data: number[]) => integers([data.length], ...data);
const scalar = (value: number) => integers([], value);
const placeholder = (name: string, dtype = float): GraphNode => ({
  name,
  op: "Placeholder",
  attr: { dtype, shape: { shape: { dim: [{ size: "-1" }, { size: "-1" }] } } },
});

/** What one node gives, as float32, that reads the float input x `[2, 3]` = 1 … 6 and constants. */
async function apply(op: string, attr: Attributes, constants: GraphTensor[], input?: string[], more: GraphNode[] = []) {
  const names = constants.map((_, i) => `c${i}`);
  const weights = new Map(constants.map((tensor, i) => [`c${i}`, tensor]));
  // The node under test stands before what it reads: order in the file must not matter.
  const nodes = [
    { name: "y", op, input: input ?? ["x", ...names], attr },
    ...more,
    placeholder("x"),
    ...names.map((name) => ({ name, op: "Const" })),
  ];
  return run(nodes, weights, { x: new Tensor("float32", [1, 2, 3, 4, 5, 6], [2, 3]) });
}

async function run(nodes: GraphNode[], weights: ReadonlyMap<string, GraphTensor>, feeds: Record<string, Tensor>) {
  const output32 = { name: "output", op: "Cast", input: ["y"], attr: { DstT: float } };
  const session = await InferenceSession.create(encodeOnnxModel(graphToOnnx([...nodes, output32], weights)));
  const output = (await session.run(feeds))[session.outputNames[0]!]!;
  return { dims: [...output.dims], data: Array.from(output.data as Float32Array, (value) => Math.round(Number(value) * 1e6) / 1e6) };
}
const read = { T: float };

describe("graphToOnnx", () => {
  const laws: [op: string, law: string, attr: Attributes, constants: GraphTensor[], dims: number[], data: number[]][] = [
    ["Add", "sums, one row for all", read, [floats([3], 10, 20, 30)], [2, 3], [11, 22, 33, 14, 25, 36]],
    ["Sub", "subtracts", read, [floats([], 1)], [2, 3], [0, 1, 2, 3, 4, 5]],
    ["RealDiv", "divides", read, [floats([], 2)], [2, 3], [0.5, 1, 1.5, 2, 2.5, 3]],
    ["Maximum", "takes the larger", read, [floats([], 4)], [2, 3], [4, 4, 4, 4, 5, 6]],
    ["Square", "multiplies with itself", read, [], [2, 3], [1, 4, 9, 16, 25, 36]],
    ["Rsqrt", "is 1 / √x", read, [], [2, 3], [1, 2, 3, 4, 5, 6].map((x) => Math.round(1e6 / Math.sqrt(x)) / 1e6)],
    ["Mean", "keeps its axis when asked", { ...read, keep_dims: { b: true } }, [list(-1)], [2, 1], [2, 5]],
    ["Sum", "drops its axis otherwise", read, [scalar(0)], [3], [5, 7, 9]],
    ["Prod", "multiplies along an axis", read, [list(1)], [2], [6, 120]],
    ["Max", "is the largest along an axis", read, [scalar(0)], [3], [4, 5, 6]],
    ["ExpandDims", "adds an axis", read, [scalar(1)], [2, 1, 3], [1, 2, 3, 4, 5, 6]],
    ["Transpose", "permutes axes", read, [list(1, 0)], [3, 2], [1, 4, 2, 5, 3, 6]],
    ["GatherV2", "picks along its axis", read, [list(2, 0), scalar(1)], [2, 2], [3, 1, 6, 4]],
    ["GatherNd", "picks by coordinates", read, [integers([2, 2], 1, 2, 0, 0)], [2], [6, 1]],
    ["ConcatV2", "joins along its axis", { N: { i: "2" } }, [floats([2, 1], 8, 9), scalar(1)], [2, 4], [1, 2, 3, 8, 4, 5, 6, 9]],
    [
      "Pack",
      "stacks along a new axis",
      { axis: { i: "1" } },
      [floats([2, 3], 0, 0, 0, 0, 0, 0)],
      [2, 2, 3],
      [1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0, 0],
    ],
    ["Reshape", "keeps the order", read, [list(3, -1)], [3, 2], [1, 2, 3, 4, 5, 6]],
    ["Shape", "gives sizes", read, [], [2], [2, 3]],
    ["Slice", "takes -1 as up to the end", read, [list(0, 1), list(-1, 1)], [2, 1], [2, 5]],
    ["MatMul", "multiplies matrices", read, [floats([3, 1], 1, 0, -1)], [2, 1], [-2, -2]],
    ["BatchMatMul", "transposes where asked", { adj_y: { b: true } }, [floats([1, 3], 1, 0, -1)], [2, 1], [-2, -2]],
    ["MatMul", "transposes the first", { transpose_a: { b: true } }, [floats([2, 1], 1, 10)], [3, 1], [41, 52, 63]],
    ["Softmax", "sums to 1 along the last axis", read, [], [2, 3], [0.090031, 0.244728, 0.665241, 0.090031, 0.244728, 0.665241]],
    [
      "StridedSlice",
      "picks a column",
      { begin_mask: { i: "1" }, end_mask: { i: "1" }, shrink_axis_mask: { i: "2" } },
      [list(0, 1), list(0, 2), list(1, 1)],
      [2],
      [2, 5],
    ],
    ["StridedSlice", "picks the last row", { shrink_axis_mask: { i: "1" } }, [list(-1), list(0), list(1)], [3], [4, 5, 6]],
    ["StridedSlice", "takes every second up to an end", {}, [list(0, 0), list(1, 3), list(1, 2)], [1, 2], [1, 3]],
    ["StridedSlice", "begins where it says", { end_mask: { i: "1" } }, [list(1), list(0), list(1)], [1, 3], [4, 5, 6]],
  ];
  it.each(laws)("%s %s", async (op, _law, attr, constants, dims, data) => {
    expect(await apply(op, attr, constants)).toEqual({ dims, data });
  });

  it("writes a 1×1 convolution as a product over channels", async () => {
    const more = [{ name: "image", op: "Reshape", input: ["x", "c1"] }];
    const filters = floats([1, 1, 3, 2], 1, 0, 0, 1, 1, 1);
    expect(await apply("Conv2D", {}, [filters, list(1, 2, 1, 3)], ["image", "c0"], more)).toEqual({
      dims: [1, 2, 1, 2],
      data: [4, 5, 10, 11],
    });
    await expect(apply("Conv2D", {}, [floats([2, 1, 1, 1], 1, 1), list(1, 2, 3, 1)], ["image", "c0"], more)).rejects.toThrow(
      "only 1×1 convolutions",
    );
  });

  it("reads any output of a split, and ignores inputs that only order", async () => {
    const more = [{ name: "parts", op: "SplitV", input: ["x", "c0", "c1", "^c0"] }];
    const sum = await apply("Sub", {}, [list(1, 2), scalar(1)], ["parts:1", "parts:0", "^x"], more);
    expect(sum).toEqual({ dims: [2, 2], data: [1, 2, 1, 2] });
  });

  it("finds where a condition holds, row by row, and scatters back to a dense tensor", async () => {
    const above = { name: "above", op: "Greater", input: ["x", "c0"] };
    const notAbove = { name: "not", op: "LogicalNot", input: ["above"] };
    const three = floats([], 3.5);
    expect(await apply("Where", {}, [three], ["not"], [above, notAbove])).toEqual({ dims: [3, 2], data: [0, 0, 0, 1, 0, 2] });
    expect(await apply("Cast", { DstT: whole, SrcT: truth }, [three], ["above"], [above])).toEqual({
      dims: [2, 3],
      data: [0, 0, 0, 1, 1, 1],
    });
    const where = [
      { name: "less", op: "Less", input: ["x", "c0"] },
      { name: "where", op: "Where", input: ["less"] },
    ];
    const dense = await apply(
      "SparseToDense",
      {},
      [three, list(2, 3), floats([3], 7, 8, 9), floats([], -1)],
      ["where", "c1", "c2", "c3"],
      where,
    );
    expect(dense.data).toEqual([7, 8, 9, -1, -1, -1]);
  });

  it("cuts off below 0 in Relu", async () => {
    const shifted = [{ name: "shifted", op: "Sub", input: ["x", "c0"] }];
    expect((await apply("Relu", {}, [floats([], 3)], ["shifted"], shifted)).data).toEqual([0, 0, 0, 1, 2, 3]);
  });

  it("sums what is scattered to one place twice", async () => {
    const scattered = await apply("ScatterNd", read, [integers([2, 1], 1, 1), list(4, 3)], ["c0", "x", "c1"]);
    expect(scattered).toEqual({ dims: [4, 3], data: [0, 0, 0, 5, 7, 9, 0, 0, 0, 0, 0, 0] });
  });

  it("feeds whole numbers as int32 and counts with them", async () => {
    const nodes = [
      placeholder("n", whole),
      { name: "total", op: "Max", input: ["n", "axes"] },
      { name: "y", op: "Range", input: ["zero", "total", "one"] },
    ];
    const weights = new Map([
      ["axes", list(0, 1)],
      ["zero", scalar(0)],
      ["one", scalar(1)],
    ]);
    const result = await run([...nodes, ...[...weights.keys()].map((name) => ({ name, op: "Const" }))], weights, {
      n: new Tensor("int32", [2, 4], [1, 2]),
    });
    expect(result).toEqual({ dims: [4], data: [0, 1, 2, 3] });
  });

  it("says which node can't be written", async () => {
    await expect(apply("Cast", { DstT: { type: 7 } }, [])).rejects.toThrow('Node "y": casts to type 7');
    await expect(apply("Erf", {}, [])).rejects.toThrow('Node "y": the operation Erf is not known');
    await expect(apply("toString", {}, [])).rejects.toThrow("the operation toString is not known");
    await expect(apply("Sum", {}, [], ["x", "x"])).rejects.toThrow('Node "y" (Sum): input 1 must be constant; it is computed by "x"');
    await expect(apply("Add", {}, [], ["x", "z"])).rejects.toThrow('Node "y" reads "z", which is not in the graph');
    await expect(apply("Add", {}, [], ["x", "y"])).rejects.toThrow('Node "y" reads its own value');
    await expect(apply("StridedSlice", { new_axis_mask: { i: "1" } }, [list(0), list(1), list(1)])).rejects.toThrow(
      'Node "y": slices with',
    );
  });
});
