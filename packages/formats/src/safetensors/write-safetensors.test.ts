import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../format-error.js";
import { float16FromFloat32, float32FromFloat16, float32Values } from "../half-precision.js";
import { readSafetensors } from "./read-safetensors.js";
import type { SafetensorsTensor } from "./types.js";
import { writeSafetensors } from "./write-safetensors.js";

const sizes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
const tensor: fc.Arbitrary<SafetensorsTensor> = fc
  .tuple(fc.constantFrom("F32", "F16", "BF16", "I32", "I64", "BOOL", "U8"), sizes)
  .chain(([dtype, shape]) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return fc.array(fc.integer({ min: 0, max: 1 }), { minLength: length, maxLength: length }).map((values) => {
      switch (dtype) {
        case "F32":
          return { dtype, shape, data: Float32Array.from(values, (v) => v / 10) };
        case "F16":
        case "BF16":
          return { dtype, shape, data: Uint16Array.from(values) };
        case "I32":
          return { dtype, shape, data: Int32Array.from(values) };
        case "I64":
          return { dtype, shape, data: BigInt64Array.from(values, BigInt) };
        default:
          return { dtype: dtype as "U8", shape, data: Uint8Array.from(values) };
      }
    });
  });
// "__proto__" is a name like any other, but an object literal cannot hold it.
const names = fc.string({ minLength: 1, maxLength: 8 }).filter((name) => name !== "__metadata__" && name !== "__proto__");

function file(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

describe("safetensors", () => {
  it("reads a Node buffer from the shared pool as it reads any other bytes", () => {
    const bytes = writeSafetensors({ a: { dtype: "F32", shape: [3], data: new Float32Array([1, 2, 3]) } });
    Buffer.from("xxxxx"); // so that the next one does not begin the pool
    const buffer = Buffer.concat([bytes]);
    expect(buffer.byteOffset).toBeGreaterThan(0);
    expect([...(readSafetensors(buffer).tensors.get("a")!.data as Float32Array)]).toEqual([1, 2, 3]);
  });

  it("reads back what it wrote, dtypes, shapes and metadata", () => {
    fc.assert(
      fc.property(fc.dictionary(names, tensor), fc.dictionary(names, fc.string()), (tensors, metadata) => {
        const read = readSafetensors(writeSafetensors(tensors, metadata));
        expect({ ...read.metadata }).toEqual({ ...metadata });
        expect(new Map([...read.tensors].sort())).toEqual(new Map(Object.entries(tensors).sort()));
      }),
    );
  });

  it("writes the bytes that the format's description gives", () => {
    const bytes = writeSafetensors({ a: { dtype: "F32", shape: [1], data: Float32Array.of(1) } });
    const header = '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.padEnd(56);
    expect([...bytes]).toEqual([56, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode(header), 0, 0, 0x80, 0x3f]);
  });

  it("does not depend on the order of tensors", () => {
    const one: SafetensorsTensor = { dtype: "U8", shape: [3], data: Uint8Array.of(1, 2, 3) };
    const two: SafetensorsTensor = { dtype: "F32", shape: [], data: Float32Array.of(0.5) };
    expect(writeSafetensors({ one, two }, { b: "1", a: "2" })).toEqual(writeSafetensors({ two, one }, { a: "2", b: "1" }));
  });

  const entry = { dtype: "F32", shape: [1], data_offsets: [0, 4] };
  it.each<[string, Uint8Array, RegExp]>([
    ["a file of under 8 bytes", new Uint8Array(7), /ends after 7 bytes/],
    ["a header larger than the file", new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0, 123]), /cut off/],
    ["a header larger than any header", new Uint8Array([255, 255, 255, 255, 255, 255, 255, 255]), /at most/],
    ["a header that does not begin with a brace", file(" {}", 0), /begin with/],
    ["a header that is no JSON", file("{", 0), /no valid JSON/],
    [
      "text that is no UTF-8",
      (() => {
        const bytes = file('{"a":1}', 0);
        bytes[10] = 0xff;
        return bytes;
      })(),
      /no valid JSON/,
    ],
    ["metadata that are no strings", file({ __metadata__: { a: 1 } }, 0), /__metadata__\.a/],
    ["an unknown dtype", file({ a: { ...entry, dtype: "F8" } }, 4), /tensor a: expected a dtype/],
    ["a dtype named like a method", file({ a: { ...entry, dtype: "toString" } }, 4), /tensor a: expected a dtype/],
    ["a fractional size", file({ a: { ...entry, shape: [0.5] } }, 4), /shape of whole numbers/],
    ["a negative size", file({ a: { ...entry, shape: [-1] } }, 4), /shape of whole numbers/],
    ["offsets past the end", file({ a: { ...entry, data_offsets: [0, 8] } }, 4), /outside of the 4 bytes/],
    ["offsets that run backwards", file({ a: { ...entry, data_offsets: [4, 0] } }, 4), /outside of/],
    ["a shape that needs other bytes", file({ a: { ...entry, shape: [2] } }, 4), /takes 8 bytes/],
    ["sizes whose product overflows", file({ a: { ...entry, shape: [2 ** 40, 2 ** 40] } }, 4), /takes/],
    ["two tensors over one another", file({ a: entry, b: entry }, 4), /overlap/],
    ["a hole", file({ a: { ...entry, data_offsets: [4, 8] } }, 8), /belong to no tensor/],
    ["bytes after the last tensor", file({ a: entry }, 5), /last 1 bytes/],
    [
      "a bool of 2",
      (() => {
        const bytes = file({ a: { dtype: "BOOL", shape: [1], data_offsets: [0, 1] } }, 1);
        bytes[bytes.length - 1] = 2;
        return bytes;
      })(),
      /0 or 1/,
    ],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(message);
    expect(() => readSafetensors(bytes)).toThrow(FormatError);
  });

  it("refuses a good file that was cut anywhere, and reads one with a changed byte or throws its own error", () => {
    const good = writeSafetensors(new Map([["w", { dtype: "F32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }]]), {
      format: "pt",
    });
    for (let length = 0; length < good.length; length++)
      expect(() => readSafetensors(good.slice(0, length)), `${length} bytes`).toThrow(FormatError);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = good.slice();
        bytes[at]! ^= change;
        try {
          for (const { shape, data } of readSafetensors(bytes).tensors.values())
            expect(data.length).toBe(shape.reduce((size, each) => size * each, 1));
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("throws nothing but its own error, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array({ maxLength: 8 }), (json, data) => {
        try {
          readSafetensors(new Uint8Array([...file(json, 0), ...data]));
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });

  it.each<[string, unknown, RegExp]>([
    ["data of another dtype", { a: { dtype: "F32", shape: [1], data: Int32Array.of(1) } }, /must be a Float32Array, received Int32Array/],
    ["data of another size", { a: { dtype: "F32", shape: [2], data: Float32Array.of(1) } }, /does not hold the 1 elements/],
    ["a name that the format keeps", { __metadata__: { dtype: "F32", shape: [1], data: Float32Array.of(1) } }, /keeps this name/],
    ["an unknown dtype", { a: { dtype: "F8", shape: [1], data: Float32Array.of(1) } }, /expected a dtype/],
  ])("refuses to write %s", (_, tensors, message) => {
    expect(() => writeSafetensors(tensors as Record<string, SafetensorsTensor>)).toThrow(message);
  });
});

describe("half precision", () => {
  it("reads every binary16 number and writes it back", () => {
    const bits = Uint16Array.from({ length: 65_536 }, (_, index) => index);
    const numbers = bits.filter((half) => (half & 0x7c00) !== 0x7c00 || (half & 1023) === 0);
    expect(float16FromFloat32(float32FromFloat16(numbers))).toEqual(numbers);
  });

  it("rounds to the nearest, ties to even", () => {
    const step = 2 ** -10;
    const values = Float32Array.of(1 + step / 2, 1 + 1.5 * step, 1 + 0.6 * step, 65_519, 65_520, 2 ** -25, 2 ** -24 * 1.5, Number.NaN, -0);
    expect([...float32FromFloat16(float16FromFloat32(values))]).toEqual([
      1,
      1 + 2 * step,
      1 + step,
      65_504,
      Number.POSITIVE_INFINITY,
      0,
      2 ** -23,
      Number.NaN,
      -0,
    ]);
  });

  it("refuses what holds no tensors, and what are no bytes", () => {
    for (const given of [undefined, null, "x"]) expect(() => writeSafetensors(given as never)).toThrow(FormatError);
    for (const given of [undefined, {}, "x"])
      expect(() => readSafetensors(given as never)).toThrow(/expected the file's bytes as a Uint8Array/);
  });

  it("decodes bfloat16 by its upper 16 bits", () => {
    expect([...float32Values({ dtype: "BF16", shape: [3], data: Uint16Array.of(0x3f80, 0xc000, 0x7f80) })]).toEqual([
      1,
      -2,
      Number.POSITIVE_INFINITY,
    ]);
    expect(() => float32Values({ dtype: "I32", shape: [1], data: Int32Array.of(1) })).toThrow(/received I32/);
  });
});
