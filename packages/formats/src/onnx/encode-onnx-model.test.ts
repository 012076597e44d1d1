import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { FormatError } from "../format-error.js";
import { encodeOnnxModel } from "./encode-onnx-model.js";
import type { OnnxModel } from "./types.js";

const affine: OnnxModel = {
  nodes: [
    {
      op: "Gemm",
      inputs: ["x", "weights", "bias"],
      outputs: ["y"],
      attributes: { alpha: { kind: "float", value: 2 }, transB: { kind: "int", value: 1 } },
    },
    {
      op: "ReduceSum",
      inputs: ["y", "axes"],
      outputs: ["total"],
      attributes: { keepdims: { kind: "int", value: 0 } },
      name: "sum over features",
    },
  ],
  inputs: [{ name: "x", dtype: "float32", shape: ["batch", 3] }],
  outputs: [
    { name: "y", dtype: "float32", shape: ["batch", 2] },
    { name: "total", dtype: "float32" },
  ],
  initializers: [
    { name: "weights", dtype: "float32", shape: [2, 3], data: Float32Array.of(1, 0, 0, 0, 1, 1) },
    { name: "bias", dtype: "float32", shape: [2], data: Float32Array.of(0.5, -0.5) },
    { name: "axes", dtype: "int64", shape: [1], data: BigInt64Array.of(-1n) },
  ],
  metadata: { note: "checked" },
  producer: { name: "test", version: "1" },
};

describe("encodeOnnxModel", () => {
  it("gives a model that ONNX Runtime loads and runs, at any size of a symbolic dimension", async () => {
    const session = await ort.InferenceSession.create(encodeOnnxModel(affine));
    expect(session.inputMetadata[0]).toMatchObject({ name: "x", type: "float32", shape: ["batch", 3] });
    for (const batch of [1, 2]) {
      const x = new ort.Tensor(
        "float32",
        Float32Array.from({ length: batch * 3 }, (_, i) => i + 1),
        [batch, 3],
      );
      const { y, total } = await session.run({ x });
      // 2·(x₁, x₂ + x₃) + (½, −½)
      expect([...(y!.data as Float32Array)]).toEqual([2.5, 9.5, 8.5, 21.5].slice(0, batch * 2));
      expect([...(total!.data as Float32Array)]).toEqual([12, 30].slice(0, batch));
    }
  });

  it.each([
    ["float32", Float32Array.of(1.5, -2)],
    ["float64", Float64Array.of(1.5, -2)],
    ["int8", Int8Array.of(1, -2)],
    ["uint8", Uint8Array.of(1, 255)],
    ["int32", Int32Array.of(1, -2)],
    ["int64", BigInt64Array.of(1n, -2n)],
    ["bool", Uint8Array.of(1, 0)],
    ["string", ["a", "ü"]],
  ] as const)("carries %s data", async (dtype, data) => {
    const model: OnnxModel = {
      nodes: [
        { op: "Identity", inputs: ["constant"], outputs: ["out"] },
        {
          op: "Constant",
          inputs: [],
          outputs: ["attribute"],
          attributes: { value: { kind: "tensor", value: { dtype, shape: [2], data } } },
        },
      ],
      inputs: [],
      outputs: [
        { name: "out", dtype, shape: [2] },
        { name: "attribute", dtype, shape: [2] },
      ],
      initializers: [{ name: "constant", dtype, shape: [2], data }],
    };
    const session = await ort.InferenceSession.create(encodeOnnxModel(model));
    const { out, attribute } = await session.run({});
    expect([...(out!.data as ArrayLike<unknown> & Iterable<unknown>)]).toEqual([...data]);
    expect([...(attribute!.data as ArrayLike<unknown> & Iterable<unknown>)]).toEqual([...data]);
  });

  it("carries every kind of attribute, negative and large whole numbers too", async () => {
    const constant = (kind: "int" | "ints" | "float" | "floats" | "string" | "strings", value: unknown) =>
      ({ [`value_${kind}`]: { kind, value } }) as OnnxModel["nodes"][number]["attributes"];
    const cases = [
      ["int", -5, "int64", []],
      ["ints", [-1, 2 ** 40, -(2 ** 40)], "int64", [3]],
      ["float", 0.5, "float32", []],
      ["floats", [1, -0.25], "float32", [2]],
      ["string", "s", "string", []],
      ["strings", ["s", "t"], "string", [2]],
    ] as const;
    const session = await ort.InferenceSession.create(
      encodeOnnxModel({
        nodes: cases.map(([kind, value]) => ({ op: "Constant", inputs: [], outputs: [kind], attributes: constant(kind, value) })),
        inputs: [],
        outputs: cases.map(([name, , dtype, shape]) => ({ name, dtype, shape })),
      }),
    );
    const result = await session.run({});
    for (const [name, value] of cases) {
      const data = [...(result[name]!.data as ArrayLike<unknown> & Iterable<unknown>)].map((item) =>
        typeof item === "bigint" ? Number(item) : item,
      );
      expect(data).toEqual([value].flat());
    }
  });

  it("keeps tensors beyond the writer's copy limit intact", async () => {
    const data = Float32Array.from({ length: 5000 }, (_, index) => index);
    const session = await ort.InferenceSession.create(
      encodeOnnxModel({
        nodes: [{ op: "Identity", inputs: ["big"], outputs: ["out"] }],
        inputs: [],
        outputs: [{ name: "out", dtype: "float32", shape: [5000] }],
        initializers: [{ name: "big", dtype: "float32", shape: [5000], data }],
      }),
    );
    expect((await session.run({})).out!.data).toEqual(data);
  });

  it.each<[string, Partial<OnnxModel>, RegExp]>([
    ["a value that nothing makes", { nodes: [{ op: "Relu", inputs: ["z"], outputs: ["y"] }] }, /node 0 \(Relu\): reads z/],
    ["a value made twice", { nodes: [...affine.nodes, affine.nodes[0]!] }, /y is made twice/],
    ["an output that nothing makes", { outputs: [{ name: "q", dtype: "float32" }] }, /output q/],
    ["a negative size", { inputs: [{ name: "x", dtype: "float32", shape: [-1, 3] }] }, /value x: expected sizes from 0/],
    ["an unknown dtype", { inputs: [{ name: "x", dtype: "complex" as "bool" }] }, /expected a dtype/],
    [
      "data of another length",
      { initializers: [{ name: "weights", dtype: "float32", shape: [2], data: Float32Array.of(1) }], nodes: [], outputs: [] },
      /holds 2 elements/,
    ],
    [
      "data of another dtype",
      { initializers: [{ name: "weights", dtype: "float32", shape: [1], data: Int32Array.of(1) }], nodes: [], outputs: [] },
      /must be a Float32Array/,
    ],
    [
      "a fraction as an int",
      { nodes: [{ op: "Relu", inputs: ["x"], outputs: ["y"], attributes: { a: { kind: "int", value: 0.5 } } }], outputs: [] },
      /attribute a of Relu/,
    ],
  ])("refuses %s", (_, change, message) => {
    expect(() => encodeOnnxModel({ ...affine, ...change })).toThrow(message);
    expect(() => encodeOnnxModel({ ...affine, ...change })).toThrow(FormatError);
  });

  it("throws errors that @quaterion/core knows for those of this house", () => {
    try {
      encodeOnnxModel({} as never);
      expect.unreachable();
    } catch (error) {
      expect((error as Record<symbol, unknown>)[Symbol.for("quaterion.error")]).toBe(true);
    }
  });

  it.each([undefined, null, {}, 42, "x", { nodes: [], inputs: [] }])("refuses what is no model: %j", (model) => {
    expect(() => encodeOnnxModel(model as never)).toThrow(FormatError);
    expect(() => encodeOnnxModel(model as never)).toThrow(/^model\.(nodes|outputs): expected an array, received undefined\.$/);
  });
});
