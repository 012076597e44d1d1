import { describe, expect, it } from "vitest";
import { decodeWeights, type WeightSpec } from "./weights.js";

const decode = (weights: WeightSpec[], ...files: ArrayBufferView[]) => {
  const paths = files.map((_, i) => `shard${i}`);
  const bytes = files.map((file) => new Uint8Array(file.buffer, file.byteOffset, file.byteLength));
  return decodeWeights([{ paths, weights }], new Map(paths.map((path, i) => [path, bytes[i]!])));
};

describe("decodeWeights", () => {
  it("reads weights one after the other, across the ends of files", () => {
    const all = new Uint8Array(new Float32Array([1.5, -2, 3]).buffer.byteLength + 4);
    all.set(new Uint8Array(new Float32Array([1.5, -2, 3]).buffer));
    all.set(new Uint8Array(new Int32Array([-7]).buffer), 12);
    const specs = [
      { name: "a", shape: [3], dtype: "float32" },
      { name: "b", shape: [], dtype: "int32" },
    ];
    const weights = decode(specs, all.slice(0, 5), all.slice(5));
    expect([...weights.get("a")!.data]).toEqual([1.5, -2, 3]);
    expect(weights.get("b")).toEqual({ shape: [], data: new Int32Array([-7]) });
  });

  it("undoes quantisation: stored · scale + min, rounded for whole numbers; half precision exactly", () => {
    const spec = { name: "w", shape: [2] };
    const value = (dtype: string, quantization: WeightSpec["quantization"], file: ArrayBufferView) => [
      ...decode([{ ...spec, dtype, quantization }], file).get("w")!.data,
    ];
    expect(value("float32", { dtype: "uint8", scale: 0.5, min: -1 }, new Uint8Array([0, 255]))).toEqual([-1, 126.5]);
    expect(value("float32", { dtype: "uint16", scale: 0.25, min: 2 }, new Uint16Array([1, 65535]))).toEqual([2.25, 16385.75]);
    expect(value("int32", { dtype: "uint8", scale: 1.4, min: -3 }, new Uint8Array([1, 2]))).toEqual([-2, 0]);
    expect(value("float32", { dtype: "float16" }, new Uint16Array([0x3c00, 0xc100]))).toEqual([1, -2.5]);
  });

  it("refuses dtypes it does not know, and files that are too short or too long", () => {
    expect(() => decode([{ name: "w", shape: [1], dtype: "complex64" }], new Uint8Array(8))).toThrow('Weight "w" must be float32 or int32');
    expect(() => decode([{ name: "w", shape: [2], dtype: "float32" }], new Uint8Array(7))).toThrow("at least 8 bytes");
    expect(() => decode([{ name: "w", shape: [2], dtype: "float32" }], new Uint8Array(9))).toThrow("must take 8 bytes");
  });
});
